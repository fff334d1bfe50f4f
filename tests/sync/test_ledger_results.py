"""The ledger in the CRM: balances for partners, states for introductions, and never an amount there."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.sync.clinic import Clinic

from fairlead.ledger.ledger import Ledger
from fairlead.store import Ref

OpenClinic = Callable[..., Clinic]


def run_ledger(clinic: Clinic) -> dict[str, str]:
    """Accrue and assess; return the state of each introduction."""
    with clinic.store() as store:
        ledger = Ledger(clinic.project(), store, now=clinic.sandbox.now())
        ledger.accrue()
        ledger.assess()
        with store.reading() as tx:
            return {entry.subject: str(entry.state) for entry in tx.book.entries()}


@pytest.mark.parametrize("crm", ["acme", "hubspot", "salesforce", "zoho"])
def test_states_and_balances_come_back(open_clinic: OpenClinic, crm: str) -> None:
    clinic = open_clinic(crm, leads=60)
    clinic.provision()
    first = clinic.sync()
    states = run_ledger(clinic)
    assert states
    clinic.sandbox.advance(600)
    assert clinic.sync().state == "done"
    # what the CRM holds is read back by the next run, which writes nothing
    clinic.sandbox.advance(600)
    last = clinic.sync()
    assert last.queued == 0

    session = clinic.session()
    name = session.connector.field_name
    people, agents = (session.mapping.object_of(entity) for entity in ("introduction", "partner"))
    session.connector.close()
    assert people is not None
    assert agents is not None
    with clinic.store() as store, store.reading() as tx:
        leads = tx.held.get(Ref(people, id_) for id_ in states)
        partners = tx.held.get(Ref(agents, id_) for page in tx.mirror.ids("partner") for id_ in page)
    written = {ref: held for ref, held in leads.items() if name("ledger_state") in held}
    # Salesforce's leads that were converted can no longer be written to
    assert len(leads) - len(written) <= first.read_only
    assert len(written) > len(leads) / 2
    for ref, held in written.items():
        assert held[name("ledger_state")] == states[ref.id]
        missing = str(held.get(name("ledger_missing")) or "")
        assert bool(missing) == (states[ref.id] == "held")
        # the introduction is the patient's own record: its reward has a state there, and no amount
        assert name("reward_state") in held
        assert name("reward") not in held
        assert not re.search(r"[0-9]+[.][0-9]{2} [A-Z]{3}", missing)
    balances = [str(held.get(name("ledger_balance")) or "") for held in partners.values()]
    found = [
        Decimal(amount.replace(",", ""))
        for text in balances
        for amount in re.findall(r"([0-9,]+[.][0-9]{2}) USD", text)
    ]
    # one fee of 500.00 for each introduction
    assert sum(found) == 500 * len(states)
