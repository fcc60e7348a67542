"""One sentence for each kind of failure: what is wrong, where, and what to do about it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from routing.errors import ErrorKind, ProviderError
from routing.providers.clear_text import IN_THE_CLEAR
from routing.providers.contract import ProviderConfig
from routing.providers.keys import Key
from routing.providers.known import host_of, is_loopback, place_of, service_at
from routing.registry.model import Model

NO_SCHEME = "does not begin with http:// or https://: write one of them before the host"
"""The words of an error whose base URL cannot be asked at all."""

_COUNT = r"(?<![\w.,-])(\d[\d,]*)(?![\w-])"
# "188240 + 21333 > 200000", "5000 tokens > 4096 maximum"
_MORE_THAN = re.compile(rf"{_COUNT}(?: \+ {_COUNT})?(?: tokens)? > {_COUNT}")
# "must be <= 4097. Given: 4000 `inputs` tokens and 500 `max_new_tokens`"
_GIVEN = re.compile(rf"<= {_COUNT}\. Given: {_COUNT}\D+{_COUNT}")
_COUNTS = re.compile(_COUNT)
_SSL_NOISE = re.compile(r"\[SSL[^\]]*\] ?| ?\(_ssl\.c:\d+\)")


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
    def address(self) -> str:
        """The base URL without what may be secret in it: a name, a password, a query."""
        scheme, _, rest = self.config.base_url.partition("://")
        return f"{scheme}://{place_of(self.config.base_url)}{urlsplit(self.config.base_url).path}" if rest else scheme

    @property
    def right(self) -> str:
        """What to look at when a server has no list of models of the shape that is expected."""
        return f"are the base URL and the dialect ({self.config.dialect}) right?"

    @property
    def words(self) -> str:
        """The provider's own, as the end of a sentence."""
        return f": {_ended(self.error.words)}" if self.error.words else "."

    @property
    def read_from(self) -> str:
        """The name of the key and where it was read, in brackets; nothing where none is known."""
        name = self.key.where if self.key else self.config.key
        return f" ({name})" if name else ""

    @property
    def source(self) -> str:
        """Where to get a key."""
        service = service_at(self.config.base_url)
        return f"at {service.key_page}" if service else f"from whoever runs {host_of(self.config.base_url)}"


def _ended(words: str) -> str:
    """Words with one mark at their end."""
    words = words.rstrip(". ")
    return words if words.endswith(("?", "!", "…")) else f"{words}."


def _duration(wait_s: float) -> str:
    """A wait as people say it, rounded up: `7 s`, `12 min`, `5 h`."""
    for unit, size_s in (("h", 3600), ("min", 60)):
        if wait_s >= 2 * size_s:
            return f"{math.ceil(wait_s / size_s)} {unit}"
    return f"{math.ceil(wait_s)} s"


def _needed_and_window(words: str) -> tuple[int, int] | None:
    """How many tokens a request needs and how many fit, read from the provider's words."""
    more, given = _MORE_THAN.search(words), _GIVEN.search(words)
    if more:
        return _int(more[1]) + _int(more[2] or "0"), _int(more[3])
    if given:
        return _int(given[2]) + _int(given[3]), _int(given[1])
    counts = [count for text in _COUNTS.findall(words) if (count := _int(text)) > 0][:2]
    return (max(counts), min(counts)) if len(counts) == 2 else None


def _int(text: str) -> int:
    digits = text.replace(",", "")
    return int(digits) if len(digits) < 16 else 0


def _auth(case: _Case) -> str:
    if case.config.simulated:
        return f"{case.who} is simulated and refuses every key until its fault 401 is taken away."
    if not case.error.sent:
        return f"The key of {case.who}{case.read_from} cannot be sent{case.words} Copy it anew."
    if case.key is not None:
        return f"{case.who} does not accept the key read from {case.key.where}: get another {case.source}."
    if case.config.key:
        return f"{case.who} wants a key: set {case.config.key} in the environment; get one {case.source}."
    return f"{case.who} wants a key: name its variable in config.yaml under providers.{case.who}.key."


def _permission(case: _Case) -> str:
    use = "use" if case.model else "see"
    return f"The key of {case.who}{case.read_from} may not {use} {case.what}{case.words}"


def _not_found(case: _Case) -> str:
    if case.model is None:
        return f"{case.who} has no list of models at {case.address}; {case.right}"
    if "model" in case.error.words.lower():
        return f"{case.who} has no model {case.what}{case.words} See what it has with: pointsman models."
    question = "" if case.words.endswith("?") else " Is the base URL right?"
    return f"{case.who} answered 404 at {case.address}{case.words}{question}"


def _invalid(case: _Case) -> str:
    if case.error.refused is not None:
        what = _REFUSED.get(case.error.refused, case.error.refused)
        return f"{case.what} at {case.who} does not take {what}{case.words}"
    return f"{case.who} did not take the request for {case.what}{case.words}"


def _context(case: _Case) -> str:
    sizes = _needed_and_window(case.error.words)
    if sizes is not None:
        needed, window = sizes
        return (
            f"Too long for {case.what}: it needs {needed:,} tokens, the window is {window:,};"
            " a model with a larger window, or a shorter chat, can answer."
        )
    window_of = f": its window is {case.model.context_window:,} tokens" if case.model else ""
    return f"Too long for {case.what}{window_of}; a model with a larger window, or a shorter chat, can answer."


def _filtered(case: _Case) -> str:
    return f"{case.who} declined to answer ({case.what}, content filter){case.words}"


def _rate_limit(case: _Case) -> str:
    wait = case.error.retry_after_s
    when = f"free again in {_duration(wait)}" if wait is not None else "it did not say until when"
    return f"{case.who} limits how often it is asked: {when}."


def _quota(case: _Case) -> str:
    return f"The account behind the key of {case.who}{case.read_from} is out of credit{case.words}"


def _timeout(case: _Case) -> str:
    what = f" ({case.what})" if case.model else ""
    return f"{case.who} was too slow{what}: {_ended(case.error.words or 'no answer in time')}"


def _connection(case: _Case) -> str:
    host = place_of(case.config.base_url)
    if case.error.sent:
        how = case.error.words.removeprefix("the connection was lost")
        return f"The connection to {host} was lost" + (case.words if how == case.error.words else _ended(how))
    if case.error.words == NO_SCHEME:
        return f"The base URL of {case.who} {_ended(NO_SCHEME)}"
    if case.error.words == IN_THE_CLEAR:
        return f"The key of {case.who}{case.read_from} is not sent to {host}: {IN_THE_CLEAR}"
    words = case.error.words or "no connection"
    if "certificate" in words:
        reason = _SSL_NOISE.sub("", words)
        return f"Cannot trust {host} ({reason}); name the file of its certificate authority in SSL_CERT_FILE."
    hint = "is the server running?" if is_loopback(case.config.base_url) else "is this machine online?"
    return f"Cannot reach {host} ({words}); {hint}"


def _overloaded(case: _Case) -> str:
    wait = case.error.retry_after_s
    return f"{case.who} is overloaded" + (f", free again in {_duration(wait)}." if wait else case.words)


def _server_error(case: _Case) -> str:
    request = f" (request {case.error.request_id})" if case.error.request_id else ""
    status = f" {case.error.status}" if case.error.status else ""
    return f"{case.who} failed with an error{status} of its own{request}{case.words}"


def _malformed(case: _Case) -> str:
    if case.error.words.startswith("answered "):
        return f"{case.who} {_ended(case.error.words)}"
    if case.model is None and case.error.words.startswith("its list"):
        return f"{case.who} answered, but {case.error.words}; {case.right}"
    return f"What {case.who} sent is not a whole answer{case.words}"


def _length(case: _Case) -> str:
    limit = f" at {case.model.max_output:,} tokens" if case.model else ""
    return f"The answer of {case.what} was cut{limit}."


def _cancelled(_: _Case) -> str:
    return "Stopped; what it used is estimated."


def _interrupted(case: _Case) -> str:
    return f"Pointsman ended while {case.who} was answering; what came until then is kept."


_REFUSED = {
    "tools": "tools",
    "json": "a request for JSON",
    "json_schema": "a JSON schema",
    "logprobs": "a request for log-probabilities",
    "vision": "images",
    "reasoning": "a request to reason",
    "temperature": "a temperature",
    "seed": "a seed",
}
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
