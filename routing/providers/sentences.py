"""One sentence for each kind of failure: what is wrong, where, and what to do about it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from routing.errors import ErrorKind, ProviderError
from routing.providers.contract import ProviderConfig
from routing.providers.keys import Key
from routing.providers.known import host_of, is_loopback, place_of, service_at, service_of_key
from routing.registry.model import Model

_NUMBER = re.compile(r"\d[\d,]*\d")


def sentence(error: ProviderError, config: ProviderConfig, model: Model | None = None, key: Key | None = None) -> str:
    """What the person reads. `model` is what was asked (None: its list of models), `key` what it was asked with."""
    return _SENTENCES[error.kind](_Case(error, config, model, key))


@dataclass(frozen=True, slots=True)
class _Case:
    error: ProviderError
    config: ProviderConfig
    model: Model | None
    key: Key | None

    @property
    def who(self) -> str:
        return self.config.name

    @property
    def what(self) -> str:
        return self.model.name if self.model else "its list of models"

    @property
    def words(self) -> str:
        """The provider's own, as the end of a sentence."""
        return f": {self.error.words.rstrip('.')}." if self.error.words else "."

    @property
    def key_name(self) -> str:
        return self.key.where if self.key else self.config.key or "the key"

    @property
    def page(self) -> str:
        """Where to get a key, or who to ask."""
        service = service_at(self.config.base_url) or service_of_key(self.config.key or "")
        return service.key_page if service else host_of(self.config.base_url)


def _auth(case: _Case) -> str:
    if case.config.simulated:
        return f"{case.who} is simulated and refuses every key until its fault 401 is taken away."
    if case.key is None and case.config.key:
        return f"{case.who} wants a key: set {case.config.key}; get one at {case.page}."
    if case.key is None:
        return f"{case.who} wants a key: name its variable in config.yaml under providers.{case.who}.key."
    return f"{case.who} does not accept the key read from {case.key_name}: get another at {case.page}."


def _permission(case: _Case) -> str:
    return f"The key of {case.who} ({case.key_name}) may not use {case.what}{case.words}"


def _not_found(case: _Case) -> str:
    if case.model is None:
        return f"{case.who} has no list of models at {case.config.base_url}; is the base URL right?"
    if "model" not in case.error.words.lower():
        return f"{case.who} answered 404 at {case.config.base_url}{case.words} Is the base URL right?"
    return f"{case.who} has no model {case.what}{case.words} See what it has with: pointsman models."


def _invalid(case: _Case) -> str:
    return f"{case.who} did not take the request for {case.what}{case.words}"


def _context(case: _Case) -> str:
    counts = [int(text.replace(",", "")) for text in _NUMBER.findall(case.error.words)][:2]
    if len(counts) == 2 and min(counts) > 0:
        return f"Too long for {case.what}: it needs {max(counts):,} tokens, the window is {min(counts):,}."
    window = f": its window is {case.model.context_window:,} tokens" if case.model else ""
    return f"Too long for {case.what}{window}; a model with a larger window, or a shorter chat, can answer."


def _filtered(case: _Case) -> str:
    return f"{case.who} declined to answer ({case.what}, content filter){case.words}"


def _rate_limit(case: _Case) -> str:
    wait = case.error.retry_after_s
    when = f"free again in {math.ceil(wait)} s" if wait is not None else "it did not say until when"
    return f"{case.who} limits how often it is asked: {when}."


def _quota(case: _Case) -> str:
    return f"The account behind {case.key_name} is out of credit at {case.who}{case.words}"


def _timeout(case: _Case) -> str:
    return f"{case.who} was too slow ({case.what}): {case.error.words or 'no answer in time'}."


def _connection(case: _Case) -> str:
    host = place_of(case.config.base_url)
    if case.error.sent:
        return f"The connection to {host} was lost{case.words}"
    hint = "is the server running?" if is_loopback(case.config.base_url) else "is this machine online?"
    return f"Cannot reach {host} ({case.error.words or 'no connection'}); {hint}"


def _overloaded(case: _Case) -> str:
    wait = case.error.retry_after_s
    return f"{case.who} is overloaded" + (f", free again in {math.ceil(wait)} s." if wait else case.words)


def _server_error(case: _Case) -> str:
    request = f" (request {case.error.request_id})" if case.error.request_id else ""
    status = f" {case.error.status}" if case.error.status else ""
    return f"{case.who} failed with an error{status} of its own{request}{case.words}"


def _malformed(case: _Case) -> str:
    return f"What {case.who} sent is not a whole answer{case.words}"


def _length(case: _Case) -> str:
    limit = f" at {case.model.max_output:,} tokens" if case.model else ""
    return f"The answer of {case.what} was cut{limit}."


def _cancelled(_: _Case) -> str:
    return "Stopped; what it used is estimated."


def _interrupted(case: _Case) -> str:
    return f"Pointsman ended while {case.who} was answering; what came until then is kept."


_SENTENCES: dict[ErrorKind, Callable[[_Case], str]] = {
    ErrorKind.AUTH: _auth,
    ErrorKind.PERMISSION: _permission,
    ErrorKind.NOT_FOUND: _not_found,
    ErrorKind.INVALID_REQUEST: _invalid,
    ErrorKind.CONTEXT_LENGTH: _context,
    ErrorKind.CONTENT_FILTER: _filtered,
    ErrorKind.RATE_LIMIT: _rate_limit,
    ErrorKind.QUOTA: _quota,
    ErrorKind.TIMEOUT: _timeout,
    ErrorKind.CONNECTION: _connection,
    ErrorKind.OVERLOADED: _overloaded,
    ErrorKind.SERVER_ERROR: _server_error,
    ErrorKind.MALFORMED_STREAM: _malformed,
    ErrorKind.LENGTH: _length,
    ErrorKind.CANCELLED: _cancelled,
    ErrorKind.INTERRUPTED: _interrupted,
}
