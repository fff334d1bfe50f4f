"""One transaction: everything that the store keeps, each part by its name."""

from __future__ import annotations

from sqlalchemy import Connection

from fairlead.store.archive import Archive
from fairlead.store.codes import Codes
from fairlead.store.cursors import Cursors
from fairlead.store.decision_log import DecisionLog
from fairlead.store.due_records import DueRecords
from fairlead.store.held import Held
from fairlead.store.identity import Identity
from fairlead.store.ledger_book import Book
from fairlead.store.ledger_checks import LedgerChecks
from fairlead.store.marks import Marks
from fairlead.store.mirror import Mirror
from fairlead.store.outbox import Outbox
from fairlead.store.rejects import Rejects
from fairlead.store.runs import Runs
from fairlead.store.touches import Touches

__all__ = ["Transaction"]


class Transaction:
    """The parts of the store within one transaction; use it only inside `with store.transaction()`."""

    def __init__(self, connection: Connection) -> None:
        self.rejects = Rejects(connection)
        self.identity = Identity(connection, self.rejects)
        self.mirror = Mirror(connection, self.identity, self.rejects)
        self.held = Held(connection, self.identity)
        self.outbox = Outbox(connection, self.held, self.identity, self.rejects)
        self.cursors = Cursors(connection)
        self.codes = Codes(connection, self.identity)
        self.touches = Touches(connection, self.identity)
        self.marks = Marks(connection, self.identity)
        self.due = DueRecords(connection)
        self.runs = Runs(connection)
        self.log = DecisionLog(connection)
        self.archive = Archive(connection)
        self.book = Book(connection, self.log)
        self.ledger_checks = LedgerChecks(connection)
