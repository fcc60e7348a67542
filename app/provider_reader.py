"""`providers` of `config.yaml`: each as `ProviderSettings`. What cannot work on the wire is found here, by its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.settings import ProviderSettings
from app.settings_reader import Place, Reader
from routing.policy.mistakes import nearest, quoted
from routing.providers.known import is_loopback, service_of_key

if TYPE_CHECKING:
    from routing.registry.loading import Overrides

_FIELDS = ("dialect", "base_url", "key", "headers", "region", "timeouts", "models")
_TIMEOUTS = ("connect_s", "first_token_s", "idle_s", "total_s")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# How the keys of the known services begin.
_KEY_ITSELF = re.compile(r"(?i:sk[-_]|gsk_|xai-|hf_|nvapi-|bearer )|AIza")
_LONGEST_VARIABLE = 64
_SECRET_IN_URL = re.compile(r"(?i)^[^/?#]*(?://)?[^/?#]*@|[?&](?:api[-_]?)?(?:key|token)=")
# RFC 9110: the characters of a header's name; its value as httpx can send it.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_KEY_HEADERS = frozenset(("authorization", "x-api-key", "api-key", "x-goog-api-key"))
_OWN_HEADERS = frozenset(("accept", "connection", "content-length", "content-type", "host", "transfer-encoding"))


def read_providers(reader: Reader, data: object) -> tuple[ProviderSettings, ...]:
    """Every provider in the order of the file."""
    if data is None:
        return ()
    if not isinstance(data, Mapping):
        reader.wrong(("providers",), "'providers' must hold providers by name", "write NAME: {base_url: http://…}")
        return ()
    return tuple(_provider(reader, str(name), fields) for name, fields in data.items())


def _provider(reader: Reader, name: str, fields: object) -> ProviderSettings:
    at: Place = ("providers", name)
    if not _NAME.fullmatch(name):
        reader.wrong(at, f"{quoted(name)} cannot name a provider", "write letters, digits, '-', '_' and '.'")
    found = reader.mapping(fields, at, _FIELDS)
    if not isinstance(fields, Mapping):
        return ProviderSettings(name, "")
    return ProviderSettings(
        name=name,
        base_url=_base_url(reader, found, at),
        dialect=_dialect(reader, found, at),
        key=_key(reader, found, at),
        key_at=f"{reader.file}:{reader.tree.line((*at, 'key'))}",
        headers=_headers(reader, found.get("headers"), (*at, "headers")),
        region=reader.word(found, at, "region"),
        timeouts=_timeouts(reader, found.get("timeouts"), (*at, "timeouts")),
        models=_models(reader, found.get("models"), (*at, "models"), name),
    )


def _dialect(reader: Reader, found: Mapping[str, Any], at: Place) -> str:
    from routing.providers.dialects import dialect_names

    dialect = reader.word(found, at, "dialect") or "openai"
    if dialect not in dialect_names():
        reader.wrong(
            (*at, "dialect"), f"the dialect {quoted(dialect)} is not spoken", nearest(dialect, dialect_names())
        )
    return dialect


# ---------------------------------------------------------------- where it is
def _base_url(reader: Reader, found: Mapping[str, Any], at: Place) -> str:
    if "base_url" not in found:
        reader.wrong(at, "base_url is missing", f"write base_url: {_likely_url(found)}")
        return ""
    written = reader.word(found, at, "base_url") or ""
    what, instead = _unusable(written) if written else ("", "")
    if what:
        reader.wrong((*at, "base_url"), what, instead)
    return written.rstrip("/")


def _likely_url(found: Mapping[str, Any]) -> str:
    service = service_of_key(str(found.get("key")))
    return service.base_url if service else "http://…"


def _unusable(url: str) -> tuple[str, str]:
    """What keeps a base URL from being one, and what to write instead. One that may hold a secret is not repeated."""
    if _SECRET_IN_URL.search(url):
        return "base_url holds a key or a password", "write it without, and name the key under 'key'"
    if "://" not in url:
        rest = url.lstrip("/")
        scheme = "http" if is_loopback(f"http://{rest}") else "https"
        return f"base_url {quoted(url)} has no scheme", f"write {scheme}://{rest}"
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https"):
        return f"base_url begins with {quoted(scheme)}", "write http://… or https://…"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"base_url {quoted(url)} has a host or port that cannot be", "write https://HOST:PORT/…"
    if not host or port == 0:
        return f"base_url {quoted(url)} has no host" if not host else "base_url has port 0", "write https://HOST:PORT/…"
    if parts.fragment or re.search(r"\s", rest):
        return f"base_url {quoted(url)} holds what no address has", "write it without spaces and without #"
    return "", ""


# ---------------------------------------------------------------- what opens it
def _key(reader: Reader, found: Mapping[str, Any], at: Place) -> str | None:
    """The name of a key. A key itself has no place in this file, nor in what is said of it."""
    key = found.get("key")
    if key is None:
        return None
    name = key.strip("${}") if isinstance(key, str) else ""
    if _is_key_itself(key, name):
        what = "key holds a key itself, which has no place in this file"
        reader.wrong((*at, "key"), what, "write the name of its environment variable, such as OPENAI_API_KEY")
        return None
    if name != key:
        reader.wrong((*at, "key"), "key must be a name alone", f"write key: {name}")
        return None
    return name


def _is_key_itself(key: object, name: str) -> bool:
    if not isinstance(key, str) or _KEY_ITSELF.match(key) or not _VARIABLE.fullmatch(name):
        return True
    random_looking = "_" not in name and len(name) >= 20 and any(map(str.isdigit, name))
    return random_looking or len(name) > _LONGEST_VARIABLE


def _headers(reader: Reader, data: object, at: Place) -> tuple[tuple[str, str], ...]:
    if data is None:
        return ()
    if not isinstance(data, Mapping):
        reader.wrong(at, "'headers' must hold names with values", "write {x-team: research}")
        return ()
    found = []
    for written, value in data.items():
        name, text = str(written), _header_text(value)
        what, instead = _unsendable(name, text)
        if what:
            reader.wrong((*at, name), what, instead)
        else:
            found.append((name, text or ""))
    return tuple(found)


def _header_text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _unsendable(name: str, text: str | None) -> tuple[str, str]:
    """What keeps a header from being sent. Its value may be secret, so it is never repeated."""
    if not _HEADER_NAME.fullmatch(name):
        return f"{quoted(name)} cannot name a header", "write letters, digits and '-'"
    if name.lower() in _KEY_HEADERS:
        return f"the header {name} carries the key", "write its variable's name under 'key' instead"
    if name.lower() in _OWN_HEADERS:
        return f"the header {name} is set for each request", "take it out"
    if text is None:
        return f"the header {name} must be text", "write it in quotes"
    if not _HEADER_VALUE.fullmatch(text):
        return f"the header {name} holds a line break or a character that no header may", "write it as plain ASCII text"
    return "", ""


# ---------------------------------------------------------------- how it behaves
def _timeouts(reader: Reader, data: object, at: Place) -> tuple[tuple[str, float], ...]:
    found = reader.mapping({} if data is None else data, at, _TIMEOUTS)
    read = ((name, reader.seconds(found, at, name)) for name in found)
    return tuple((name, seconds) for name, seconds in read if seconds is not None)


def _models(reader: Reader, data: object, at: Place, provider: str) -> Overrides:
    """What the user says of models, under globs over their ids at this provider."""
    if data is None:
        return ()
    if not isinstance(data, Mapping):
        reader.wrong(at, "'models' must hold names of models with their fields", "write NAME: {tier: mid}")
        return ()
    from routing.registry.loading import parse_overrides

    read = parse_overrides(data, reader.tree, reader.file, at, reader.problems)
    return tuple((f"{provider}/{pattern}", terms) for pattern, terms in read)
