"""Proving what an incentive rule can and cannot do, with counterexamples that the engine replayed."""
