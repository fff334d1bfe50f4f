"""What connectors are built and tested with: the sandbox server, seeded data, the conformance kit."""
