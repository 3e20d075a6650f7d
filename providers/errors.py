"""What can go wrong between a Request and its Reply.

ProviderError
  Transient      worth another try (rate limit, 5xx, reset, time-out)
  Permanent      asking again cannot help (bad request, unknown model, no key, no quota)
    NotSupported   this provider cannot take what was asked
    NotInstalled   a package is missing; the text holds the line that installs it
  CacheUnusable  the cache folder cannot be read or written
  Halt           no further call may be made: a budget is spent or the provider refuses everything
"""

from __future__ import annotations

from typing import Self


class ProviderError(Exception):
    """A call that gave no reply; `kind` is one short word that results and reports count by."""

    maybe_billed: bool = False
    """Whether the vendor may have charged it: it was sent, and something came back or may have."""

    waits: bool = False
    """Whether the call is to be tried again until the server is there: it does not count as an attempt."""

    @property
    def unsent(self) -> bool:
        """Whether nothing reached the server: no call stands in its own count."""
        return self.kind == "connection" and not self.maybe_billed

    def __init__(self, message: str, *, model: str = "", kind: str = "error", cause: Exception | None = None) -> None:
        """Keep the model that was asked and the library's own error beside the sentence."""
        super().__init__(message)
        self.message = message
        self.model = model
        self.kind = kind
        self.cause = cause
        self.attempts = 1
        """Calls that it took to fail."""
        self.doubtful = 0
        """Of them, those that may have been charged."""


class Transient(ProviderError):
    """A failure that may pass; `retry_after` is the wait in seconds that the server asked for."""

    retry_after: float | None = None

    @classmethod
    def of(
        cls, message: str, *, model: str, kind: str, retry_after: float | None = None, maybe_billed: bool = False
    ) -> Transient:
        """Build one with what the server said of waiting and whether the call may have been charged."""
        error = cls(message, model=model, kind=kind)
        error.retry_after = retry_after
        error.maybe_billed = maybe_billed
        return error


class Permanent(ProviderError):
    """A failure that another try would repeat."""

    @classmethod
    def billed(cls, message: str, *, model: str, kind: str) -> Self:
        """One of a call that may have been charged: its reply came, and cannot be used."""
        error = cls(message, model=model, kind=kind)
        error.maybe_billed = True
        return error


class NotSupported(Permanent):
    """The provider cannot take this form of request; nothing was sent."""


class NotInstalled(Permanent):
    """A package is missing."""

    @classmethod
    def of(cls, package: str, line: str) -> NotInstalled:
        """`line` is the exact command that mends it."""
        return cls(f"{package} is not installed. Install it:  {line}", kind="not_installed")


class Halt(ProviderError):
    """Every further call would be refused here, before it is sent."""


class CacheUnusable(ProviderError):
    """The folder of stored replies cannot be opened or written: nothing may be paid that cannot be kept."""


# Kinds after which the next sample would meet the same wall: key, money, name of the model, server not there.
FATAL_KINDS = frozenset({"unauthorized", "quota", "not_found", "not_installed", "not_supported", "budget"})
