"""What can go wrong, and what follows from it.

Two families. `PointsmanError` is for the person at the keyboard: one sentence that says what is wrong, where, and
what to do. `ProviderError` is for the router: a kind out of one closed taxonomy, from which retry, failover and
the circuit breaker follow; no other module decides them.

    PointsmanError
    ├── ConfigurationError      a file or an option is wrong (exit code 2); holds every problem found
    └── StorageError            the ledger cannot be used (exit code 1)
    ProviderError               one attempt failed; never leaves `routing.execution`
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PointsmanError(Exception):
    """One sentence for the user. `exit_code` is what a command ends with."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: where it stands, what is wrong, what to write instead."""

    file: str
    line: int | None
    what: str
    instead: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}" + (f" {self.instead}" if self.instead else "")


class ConfigurationError(PointsmanError):
    """A file or an option cannot be used; `problems` lists every mistake, not only the first; told are the first 20."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...] | str) -> None:
        self.problems = problems if isinstance(problems, tuple) else ()
        super().__init__(problems if isinstance(problems, str) else _listed(problems))


_MOST_TOLD = 20


def _listed(problems: tuple[Problem, ...]) -> str:
    more = len(problems) - _MOST_TOLD
    told = [str(problem) for problem in problems[:_MOST_TOLD]]
    return "\n".join(told if more <= 0 else [*told, f"and {more:,} more"])


class StorageError(PointsmanError):
    """The ledger cannot be opened, read or written."""


class ErrorKind(StrEnum):
    """The taxonomy: every failure of every provider is one of these."""

    AUTH = "auth"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    MALFORMED_STREAM = "malformed_stream"
    LENGTH = "length"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class BreakerEffect(StrEnum):
    """What a failure counts for: nothing, a failure, a cool-down, or open until the configuration changes."""

    NONE = "none"
    FAILURE = "failure"
    COOL_DOWN = "cool_down"
    OPEN = "open"


class RetryWhen(StrEnum):
    """When the same model may be called once more."""

    NEVER = "never"
    IF_SHORT_WAIT = "if_short_wait"
    BEFORE_FIRST_TOKEN = "before_first_token"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Handling:
    """What the router does about a kind. `whole_provider`: it speaks of the provider, not of the one model."""

    retry: RetryWhen
    failover: bool
    breaker: BreakerEffect
    whole_provider: bool = False


_ONCE, _EARLY, _NEVER = RetryWhen.ONCE, RetryWhen.BEFORE_FIRST_TOKEN, RetryWhen.NEVER
HANDLING: dict[ErrorKind, Handling] = {
    ErrorKind.AUTH: Handling(_NEVER, True, BreakerEffect.OPEN, whole_provider=True),
    ErrorKind.PERMISSION: Handling(_NEVER, True, BreakerEffect.OPEN),
    ErrorKind.NOT_FOUND: Handling(_NEVER, True, BreakerEffect.NONE),
    ErrorKind.INVALID_REQUEST: Handling(_NEVER, False, BreakerEffect.NONE),
    ErrorKind.CONTEXT_LENGTH: Handling(_NEVER, True, BreakerEffect.NONE),
    ErrorKind.CONTENT_FILTER: Handling(_NEVER, False, BreakerEffect.NONE),
    ErrorKind.RATE_LIMIT: Handling(RetryWhen.IF_SHORT_WAIT, True, BreakerEffect.COOL_DOWN, whole_provider=True),
    ErrorKind.QUOTA: Handling(_NEVER, True, BreakerEffect.OPEN, whole_provider=True),
    ErrorKind.TIMEOUT: Handling(_NEVER, True, BreakerEffect.FAILURE),
    ErrorKind.CONNECTION: Handling(_EARLY, True, BreakerEffect.FAILURE, whole_provider=True),
    ErrorKind.OVERLOADED: Handling(_ONCE, True, BreakerEffect.FAILURE, whole_provider=True),
    ErrorKind.SERVER_ERROR: Handling(_ONCE, True, BreakerEffect.FAILURE),
    ErrorKind.MALFORMED_STREAM: Handling(_EARLY, True, BreakerEffect.FAILURE),
    ErrorKind.LENGTH: Handling(_NEVER, True, BreakerEffect.NONE),
    ErrorKind.CANCELLED: Handling(_NEVER, False, BreakerEffect.NONE),
    ErrorKind.INTERRUPTED: Handling(_NEVER, False, BreakerEffect.NONE),
}


@dataclass
class ProviderError(Exception):
    """One call failed.

    `words` are the provider's own, kept; `sent` says whether the request may have reached (and billed) the server;
    `retry_after_s` is the wait that it asked for; `refused` the capability that the model does not have, as it turned
    out (one of the registry's, or temperature or seed).
    """

    kind: ErrorKind
    words: str = ""
    status: int | None = None
    request_id: str | None = None
    retry_after_s: float | None = None
    sent: bool = True
    refused: str | None = None

    @property
    def failover(self) -> bool:
        """Whether another model may do better: also where this one lacks what others have."""
        return HANDLING[self.kind].failover or self.refused is not None

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}" if self.words else str(self.kind)
