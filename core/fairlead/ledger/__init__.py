"""The ledger: what introductions earn, what holds it, who approved it, and what was paid."""
