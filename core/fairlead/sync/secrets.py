"""Where a connector's secrets come from: the environment, or the system keyring. Never a file."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind

__all__ = ["ProjectSecrets"]


class ProjectSecrets:
    """The secrets of one project.

    The environment comes first. With `service` the system keyring is asked next (the extra `keyring`), under
    that service and the secret's name; only there a renewed secret can be kept.
    """

    def __init__(self, service: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._service = service
        self._environment = os.environ if environment is None else environment

    def get(self, name: str) -> str | None:
        """Return a secret, or None where it is not set."""
        value = self._environment.get(name)
        if value:
            return value
        if self._service is None:
            return None
        import keyring

        return keyring.get_password(self._service, name)

    def put(self, name: str, value: str) -> None:
        """Keep a renewed secret in the keyring; raises ConnectorError where there is none."""
        if self._service is None or self._environment.get(name):
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "secret-not-kept",
                    f"the CRM renewed `{name}`, which comes from the environment and cannot be kept there",
                    remedy='set `secrets = "keyring"` under `[connector]` and put it into the keyring, or '
                    "turn off the rotation of refresh tokens for this app",
                )
            )
        import keyring

        keyring.set_password(self._service, name, value)

    def __repr__(self) -> str:
        return f"ProjectSecrets(service={self._service!r})"
