"""A connector's settings are checked against the schema that it announced."""

import pytest

from fairlead.plugins import ConnectorInfo
from fairlead.plugins.manager import connectors, load_plugins
from fairlead.plugins.settings import validate_settings

ACME = ConnectorInfo(
    name="acme",
    title="Acme connector",
    crm="Acme CRM",
    settings_schema={
        "type": "object",
        "properties": {
            "region": {"enum": ["eu", "us"]},
            "page_size": {"type": "integer", "minimum": 1},
            "fields": {
                "type": "object",
                "patternProperties": {"^f_": {"type": "string"}},
                "additionalProperties": False,
            },
        },
        "required": ["region", "page_size"],
        "additionalProperties": False,
    },
)


def test_settings_that_fit_have_no_problems() -> None:
    assert validate_settings(ACME, {"region": "eu", "page_size": 100, "fields": {"f_score": "Score"}}) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {},
            [("missing-key", "", "page_size"), ("missing-key", "", "region")],
            id="all that is missing at once",
        ),
        pytest.param(
            {"region": "eu", "page_size": "100"},
            [("wrong-type", "/page_size", "not a whole number")],
            id="text for a number",
        ),
        pytest.param(
            {"region": "ue", "page_size": 100},
            [("unknown-value", "/region", "region")],
            id="a value that is not listed",
        ),
        pytest.param(
            {"region": "eu", "page_size": 0},
            [("invalid-value", "/page_size", "`minimum`")],
            id="a number below its minimum",
        ),
        pytest.param(
            {"region": "eu", "page_size": 100, "page_sise": 50, "colour": "red"},
            [("unknown-key", "/colour", "`colour`"), ("unknown-key", "/page_sise", "`page_sise`")],
            id="unknown settings, each named",
        ),
        pytest.param(
            {"region": "eu", "page_size": 100, "fields": {"f_a": "A", "a/b~c": "B"}},
            [("unknown-key", "/fields/a~1b~0c", "`a/b~c`")],
            id="a name with a slash, escaped in its pointer",
        ),
    ],
)
def test_a_problem_has_a_code_a_pointer_and_the_setting(
    settings: dict[str, object], expected: list[tuple[str, str, str]]
) -> None:
    problems = validate_settings(ACME, settings)

    assert [(problem.code, problem.pointer) for problem in problems] == [
        (code, pointer) for code, pointer, _ in expected
    ]
    for problem, (_, _, said) in zip(problems, expected, strict=True):
        assert said in problem.message


def test_a_misspelt_setting_is_answered_with_the_nearest_name() -> None:
    (problem,) = validate_settings(ACME, {"region": "eu", "page_size": 100, "page_sise": 50})

    assert problem.nearest == "page_size"


def test_a_secret_in_the_settings_is_sent_to_the_environment_and_never_repeated() -> None:
    (problem,) = validate_settings(ACME, {"region": "eu", "page_size": 1, "access_token": "pat-eu1-1234"})

    assert problem.remedy == "set secrets in the environment, never in a project's files"
    assert "pat-eu1-1234" not in str(problem)
    assert "pat-eu1-1234" not in str(problem.as_json())


def test_a_broken_schema_names_its_connector() -> None:
    broken = ConnectorInfo(name="acme", title="Acme", crm="Acme CRM", settings_schema={"type": "texxt"})

    (problem,) = validate_settings(broken, {})

    assert problem.code == "bad-settings-schema"
    assert "`acme`" in problem.message


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("hubspot", {"account_id": 4711, "api_version": "2026-09"}),
        ("salesforce", {"login_url": "https://clinic--uat.sandbox.my.salesforce.com", "flow": "jwt"}),
        ("zoho", {"data_centre": "eu", "api_version": "v8"}),
    ],
)
def test_the_shipped_connectors_take_their_settings_and_no_secret(
    name: str, settings: dict[str, object]
) -> None:
    info = connectors(load_plugins())[name]

    assert validate_settings(info, settings) == []
    assert validate_settings(info, {}) == []
    assert [problem.code for problem in validate_settings(info, settings | {"token": "x"})] == ["unknown-key"]


@pytest.mark.parametrize("host", ["clinic.my.salesforce.com.evil.example", "login.salesforce.com", "Clinic"])
def test_salesforce_takes_no_host_but_a_my_domain(host: str) -> None:
    info = connectors(load_plugins())["salesforce"]
    problems = validate_settings(info, {"login_url": f"https://{host}"})

    assert [problem.code for problem in problems] == ["invalid-value"]
