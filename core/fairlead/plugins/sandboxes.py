"""Sandboxes: faithful stand-ins of a CRM's interface on loopback."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Sandbox", "SandboxOptions"]


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox starts.

    `port` 0 takes a free one. `leads` and `partners` size the seeded data, which is the same for one `seed`.
    `limits` is false where rate limits and quotas are off. `provisioned` has the input fields of Fairlead in
    place and filled, as after a facility's first months; else the account is a stock one.
    """

    port: int = 0
    leads: int = 200
    partners: int = 12
    seed: int = 1
    limits: bool = True
    provisioned: bool = True


class Sandbox(ABC):
    """A running sandbox."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The base address, `http://127.0.0.1:PORT`."""

    @abstractmethod
    def settings(self) -> Mapping[str, object]:
        """Return the connector's settings that reach this sandbox."""

    @abstractmethod
    def secrets(self) -> Mapping[str, str]:
        """Return made-up secrets, by environment variable, that this sandbox accepts."""

    @abstractmethod
    def stop(self) -> None:
        """Stop serving."""
