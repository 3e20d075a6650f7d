"""When a server counts as out: no call has succeeded for a bounded time, of whatever kind the failures are.

Refused connections, errors 5xx, calls that hang and replies that are none all count; a rate limit does not: it is an
answer, and says when to come back.
"""

from __future__ import annotations

from providers.errors import ProviderError

KINDS = frozenset({"connection", "server", "overloaded", "timeout", "bad_response"})
AT_THE_START = 60.0
"""Seconds that a server which was never there is waited for: a wrong address is the likelier reason."""


class Outage:
    """The time since a call last succeeded, or since the first one of a row of failures began."""

    def __init__(self, patience: float) -> None:
        """In seconds; 0: nothing is waited for, and nothing is bounded."""
        self.patience = patience
        self._since: float | None = None
        self._last_success: float | None = None

    def succeeded(self, now: float) -> None:
        """A call came back; the row of failures, if there was one, is over."""
        self._since = None
        self._last_success = now

    def due(self, started: float) -> float:
        """When a call begun at `started` has hung too long: counted from it, or from the last success after it."""
        return max(started, self._last_success or started) + self.patience

    def failed(self, error: ProviderError, *, started: float) -> None:
        """One more failure, of a call begun at `started`; an answer of another kind ends the row."""
        if error.kind not in KINDS:
            self._since = None
        elif self._since is None:
            self._since = max(started, self._last_success or started)

    def bound(self, error: ProviderError) -> float:
        """Seconds after which failures like this one end the run."""
        never_there = self._last_success is None and error.unsent
        return min(self.patience, AT_THE_START) if never_there else self.patience

    def over(self, error: ProviderError, now: float) -> bool:
        """Whether failures like this one have lasted too long."""
        if self.patience <= 0 or self._since is None:
            return False
        return now - self._since >= self.bound(error)
