"""What the plug-in says of itself: settings, secrets, where the mapping is."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from fairlead.plugins.settings import validate_settings
from fairlead_hubspot import fairlead_connectors

(INFO,) = fairlead_connectors()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"account_id": 62515},
        {"account_id": 62515, "api_version": "2026-09"},
        {"account_id": 62515, "api_version": "v3"},
        {"account_id": 62515, "base_url": "https://api.hubapi.com"},
        {"account_id": 62515, "base_url": "http://127.0.0.1:8080"},
        {"account_id": 62515, "plan": "professional", "pipelines": ["default", "80317"]},
    ],
)
def test_settings_that_are_taken(settings: dict[str, Any]) -> None:
    assert validate_settings(INFO, settings) == []


@pytest.mark.parametrize(
    ("settings", "code", "pointer"),
    [
        ({"account_id": "62515"}, "wrong-type", "/account_id"),
        ({"account_id": 1, "api_version": "v2"}, "invalid-value", "/api_version"),
        ({"account_id": 1, "api_version": "2026-10"}, "invalid-value", "/api_version"),
        ({"account_id": 1, "base_url": "https://hubapi.example.com"}, "invalid-value", "/base_url"),
        ({"account_id": 1, "base_url": "https://api.hubapi.com@example.com"}, "invalid-value", "/base_url"),
        ({"account_id": 1, "plan": "free"}, "unknown-value", "/plan"),
        ({"account_id": 1, "pipelines": [7]}, "wrong-type", "/pipelines/0"),
        ({"account_id": 1, "token": "pat-eu1-made-up"}, "unknown-key", "/token"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], code: str, pointer: str) -> None:
    (problem,) = validate_settings(INFO, settings)

    assert (problem.code, problem.pointer) == (code, pointer)
    assert "pat-eu1-made-up" not in str(problem)


def test_secrets_are_announced_by_name() -> None:
    assert [each.name for each in INFO.secrets] == [
        "HUBSPOT_TOKEN",
        "HUBSPOT_CLIENT_ID",
        "HUBSPOT_CLIENT_SECRET",
        "HUBSPOT_REFRESH_TOKEN",
    ]


def test_announcing_imports_neither_the_client_nor_the_sandbox() -> None:
    program = (
        "import sys; import fairlead_hubspot; fairlead_hubspot.fairlead_connectors();"
        "print(*sorted(name for name in sys.modules if name.startswith(('requests', 'werkzeug', "
        "'fairlead_hubspot.'))))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == ""
