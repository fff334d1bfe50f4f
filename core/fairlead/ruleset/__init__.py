"""Rulesets: documents, loading, overlays, effective dates and digests."""
