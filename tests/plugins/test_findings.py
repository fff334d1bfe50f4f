"""What all connectors' checks say of a failed call, and what is imported when it is called."""

from __future__ import annotations

import sys

import pytest

from fairlead.plugins import late
from fairlead.plugins.checking import as_finding
from fairlead.plugins.failures import Failure, FailureKind, missing_setting

STATUS = "https://status.example.com"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FailureKind.STOP, "crm-refused"),
        (FailureKind.REJECT, "crm-refused"),
        (FailureKind.GONE, "crm-refused"),
        (FailureKind.REFRESH, "crm-refused"),
        (FailureKind.LIMIT, "crm-limit"),
        (FailureKind.RETRY, "crm-unreachable"),
    ],
)
def test_a_failure_is_a_problem_with_the_crms_own_code(kind: FailureKind, code: str) -> None:
    problem = as_finding(Failure(kind, "E17", "it does not answer"), STATUS)

    assert (problem.code, problem.message) == (code, "it does not answer (E17)")
    assert problem.remedy == f"try again later; look at {STATUS}"


def test_codes_of_the_crm_may_mean_something_of_their_own() -> None:
    failure = Failure(FailureKind.STOP, "NO_SCOPE", "a scope is missing", remedy="grant it")

    problem = as_finding(failure, STATUS, {"NO_SCOPE": "missing-scope"})

    assert (problem.code, problem.remedy) == ("missing-scope", "grant it")


def test_a_code_is_not_said_twice() -> None:
    problem = as_finding(Failure(FailureKind.STOP, "missing-secret", "`KEY` is not set"), STATUS)

    assert (problem.code, problem.message) == ("missing-secret", "`KEY` is not set")


def test_a_missing_setting_says_both_ways_to_state_it() -> None:
    failure = missing_setting("region", "eu", "the region is not stated", "the end of the address")

    assert (failure.kind, failure.code, failure.field) == (FailureKind.STOP, "missing-setting", "region")
    assert failure.remedy == (
        'write `region = "eu"` under `[connector.settings]` in fairlead.toml, '
        "or give `--setting region=eu` to `fairlead init`; it is the end of the address"
    )


def test_a_module_is_imported_when_it_is_called() -> None:
    sys.modules.pop("colorsys", None)

    call = late("colorsys", "rgb_to_hsv")
    assert "colorsys" not in sys.modules

    with pytest.raises(TypeError):
        call(1.0)
    assert "colorsys" in sys.modules
