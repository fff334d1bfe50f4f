"""What tests of several folders share."""

from tests.postgresql import schema, server

__all__ = ["schema", "server"]
