"""Plug-ins are found by entry point, and a conflict names both providers."""

import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.plugins.conftest import Install

import fairlead
from fairlead.files.mappings import known_mappings
from fairlead.plugins.manager import connector, connectors, installed_plugins, load_plugins
from fairlead.ruleset.catalogue import shipped_root

ACME = """
    from fairlead.plugins import ConnectorInfo, hookimpl

    @hookimpl
    def fairlead_connectors():
        return [ConnectorInfo(name="{connector}", title="Acme", crm="Acme CRM", settings_schema={{}})]
"""


def test_the_three_connectors_are_installed_as_entry_points() -> None:
    assert {(entry.name, entry.value) for entry in entry_points(group="fairlead")} >= {
        ("hubspot", "fairlead_hubspot"),
        ("salesforce", "fairlead_salesforce"),
        ("zoho", "fairlead_zoho"),
    }


def test_the_shipped_connectors_announce_themselves() -> None:
    offered = connectors(load_plugins())

    assert {info.name: info.crm for info in offered.values()} == {
        "hubspot": "HubSpot",
        "salesforce": "Salesforce",
        "zoho": "Zoho CRM",
    }


def test_an_installed_package_can_bring_a_connector(install: Install) -> None:
    install("acme-fairlead", "acme", ACME.format(connector="acme"))

    assert list(connectors(load_plugins())) == ["acme", "hubspot", "salesforce", "zoho"]


def test_two_plugins_of_one_name_are_both_named(install: Install) -> None:
    install("acme-fairlead", "acme", ACME.format(connector="acme"))
    install("other-acme", "acme", ACME.format(connector="acme-two"))

    with pytest.raises(fairlead.UsageError) as raised:
        load_plugins()

    (problem,) = raised.value.problems
    assert problem.code == "plugin-conflict"
    assert problem.found == "acme"
    assert "`acme (acme-fairlead 2.1)`" in problem.message
    assert "`acme (other-acme 2.1)`" in problem.message


def test_two_connectors_of_one_name_are_both_named(install: Install) -> None:
    install("acme-fairlead", "acme", ACME.format(connector="zoho"))

    with pytest.raises(fairlead.UsageError) as raised:
        connectors(load_plugins())

    (problem,) = raised.value.problems
    assert problem.code == "plugin-conflict"
    assert problem.found == "zoho"
    assert "`acme (acme-fairlead 2.1)`" in problem.message
    assert f"`zoho (fairlead {fairlead.__version__})`" in problem.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("import a_module_that_is_missing", "a_module_that_is_missing", id="cannot be imported"),
        pytest.param(
            """
            from fairlead.plugins import hookimpl

            @hookimpl
            def fairlead_teleporters():
                return []
            """,
            "fairlead_teleporters",
            id="a hook that does not exist",
        ),
        pytest.param(
            """
            from fairlead.plugins import hookimpl

            @hookimpl
            def fairlead_connectors(colour):
                return []
            """,
            "colour",
            id="an argument that the hook does not have",
        ),
    ],
)
def test_a_broken_plugin_is_named_with_its_provider(install: Install, source: str, said: str) -> None:
    install("acme-fairlead", "acme", source)

    with pytest.raises(fairlead.UsageError) as raised:
        load_plugins()

    (problem,) = raised.value.problems
    assert problem.code == "plugin-not-loaded"
    assert problem.message.startswith("plug-in `acme (acme-fairlead 2.1)` cannot be loaded")
    assert said in problem.message


def test_all_broken_plugins_are_named_at_once(install: Install) -> None:
    unknown_hook = """
        from fairlead.plugins import hookimpl

        @hookimpl
        def fairlead_teleporters():
            return []
    """
    install("acme-fairlead", "acme", "import a_module_that_is_missing")
    install("beta-fairlead", "beta", unknown_hook)
    install("gamma-fairlead", "gamma", unknown_hook)

    with pytest.raises(fairlead.UsageError) as raised:
        load_plugins()

    assert sorted(str(problem.found) for problem in raised.value.problems) == [
        "acme (acme-fairlead 2.1)",
        "beta (beta-fairlead 2.1)",
        "gamma (gamma-fairlead 2.1)",
    ]


def test_an_unknown_connector_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(fairlead.UsageError) as raised:
        connector(load_plugins(), "hubspott")

    (problem,) = raised.value.problems
    assert problem.code == "unknown-connector"
    assert problem.nearest == "hubspot"
    assert problem.allowed == ("hubspot", "salesforce", "zoho")


RULES = """
    from pathlib import Path

    from fairlead.plugins import DocumentFolder, hookimpl

    @hookimpl
    def fairlead_rulesets():
        return [DocumentFolder(Path({folder!r}) / "rulesets")]

    @hookimpl
    def fairlead_mappings():
        return [DocumentFolder(Path({folder!r}) / "mappings")]
"""


@pytest.fixture
def bringing_documents(install: Install, tmp_path: Path) -> Iterator[Path]:
    """Install a plug-in that brings a ruleset and a mapping; return its folder of documents."""
    folder = tmp_path / "documents"
    shipped = shipped_root() / "medical-travel/telemedicine-gateway.json"
    rules = json.loads(shipped.read_text("utf-8")) | {"name": "acme/gateway"}
    (folder / "rulesets/acme").mkdir(parents=True)
    (folder / "rulesets/acme/gateway.json").write_text(json.dumps(rules), "utf-8")
    mapping = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/acme-people",
        "version": "1.0.0",
        "title": "Acme people",
        "about": "The people of Acme CRM.",
        "recognised_by": [["Acme No"]],
        "facts": {"lead.id": {"column": ["Acme No"]}},
    }
    (folder / "mappings").mkdir()
    (folder / "mappings/acme-people.json").write_text(json.dumps(mapping), "utf-8")
    install("acme-rules", "acme-rules", RULES.format(folder=str(folder)))
    installed_plugins.cache_clear()
    yield folder
    installed_plugins.cache_clear()


def test_a_package_can_bring_rulesets(bringing_documents: Path) -> None:
    program = fairlead.load("acme/gateway")

    assert program.ruleset.name == "acme/gateway"


def test_a_package_can_bring_mappings_of_exports(bringing_documents: Path) -> None:
    known = {mapping.document.name for mapping in known_mappings()}

    assert {"mappings/acme-people", "mappings/hubspot-contacts"} <= known
