"""Audits of shipped rulesets, each made once for all tests of the folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from tests.audit.planted.workshop import DAY, subject_of

from fairlead.audit.auditor import audit
from fairlead.audit.findings import Audit
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.policy_pack import load_pack


@pytest.fixture(scope="session")
def shipped_audit() -> Callable[[str], Audit]:
    """Return the function from the name of a shipped ruleset to its audit against every shipped pack."""

    @cache
    def audited(name: str) -> Audit:
        subject = subject_of(name)
        folder = shipped_root() / "policies"
        packs = [load_pack(path.stem, model=subject.ruleset.model) for path in sorted(folder.glob("*.json"))]
        return audit(name, [subject], packs, DAY)

    return audited
