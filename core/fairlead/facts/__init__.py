"""The fact model: entities, links, typed facts, labels, aggregates, overlays, and input checking."""
