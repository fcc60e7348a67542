"""Model files: one JSON object with what it is, its card, its numbers (`body`) and their SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from routing.errors import ConfigurationError, Problem
from routing.files import replace_file
from routing.learned import bodies
from routing.learned.evidence import Evidence
from routing.learned.prior import Prior

VERSION = 2
"""Goes up when a file of before would be scored otherwise: a number more in a shape, another hash of grams."""

_FORMAT = "pointsman model"
_READERS: dict[str, Callable[[bodies.Body, Mapping[str, object]], Prior | Evidence]] = {
    "prior": bodies.read_prior,
    "evidence": bodies.read_evidence,
}
_MODE = 0o644
_MOST_BYTES = 64 * 2**20
_AGAIN = "train it again, or fetch it again"


class ModelFileError(ConfigurationError):
    """A model file cannot be used; one sentence says which, why and what to do."""


class _NoNumberError(ValueError):
    """JSON that holds what is none."""


def read_model(path: Path) -> Prior | Evidence:
    """Reads a whole file, which takes tens of milliseconds. Raises ModelFileError."""
    envelope = _envelope(path)
    kind, card, body = (envelope.get(key) for key in ("kind", "card", "body"))
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        _refuse(path, f"holds a model of kind {ascii(kind)[:60]};", f"it must be {' or '.join(_READERS)}")
    if not isinstance(card, dict) or not isinstance(body, dict):
        _refuse(path, "has no card or no numbers;", _AGAIN)
    try:
        if _digest(body) != envelope.get("sha256"):
            _refuse(path, "is damaged: its numbers are not the ones that were written;", _AGAIN)
        return reader(body, card)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        _refuse(path, "is damaged: numbers are missing, too many or not finite;", _AGAIN)


def read_prior(path: Path) -> Prior:
    """As `read_model`, of what must be a prior. Raises ModelFileError."""
    model = read_model(path)
    if not isinstance(model, Prior):
        _refuse(path, "holds an evidence, and a prior is needed;", "train it with --kind prior")
    return model


def write_model(path: Path, model: Prior | Evidence) -> None:
    """Writes the file anew, whole or not at all; reading it gives an equal model. Raises ModelFileError where it cannot
    be written, and ValueError for a card that holds what is no JSON."""
    if isinstance(model, Prior):
        kind, body = "prior", bodies.prior_body(model)
    else:
        kind, body = "evidence", bodies.evidence_body(model)
    envelope = {
        "format": _FORMAT,
        "version": VERSION,
        "kind": kind,
        "card": model.card,
        "sha256": _digest(body),
        "body": body,
    }
    text = json.dumps(envelope, allow_nan=False, separators=(",", ":"))
    try:
        replace_file(path, text.encode("ascii"), _MODE)
    except OSError as error:
        _refuse(path, f"cannot be written: {error.strerror or error};", "name another file")


def _envelope(path: Path) -> Mapping[str, Any]:
    """The object in a file of this format and version."""
    try:
        if not path.is_file():
            _refuse(path, "is no file;" if path.exists() else "is not there;", "name a model file")
        if path.stat().st_size > _MOST_BYTES:
            _refuse(path, f"is larger than {_MOST_BYTES // 2**20} MB;", "name a model file")
        content = path.read_bytes()
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror or error};", "name another file")
    if not content:
        _refuse(path, "is empty;", _AGAIN)
    try:
        envelope = json.loads(content, parse_constant=_no_number)
    except _NoNumberError as error:
        _refuse(path, f"is damaged: {error};", _AGAIN)
    except (ValueError, RecursionError):
        _refuse(path, "is no JSON, or is cut short;", _AGAIN)
    if not isinstance(envelope, dict) or envelope.get("format") != _FORMAT:
        _refuse(path, "is no model file;", "name one that `pointsman policy train` wrote")
    if envelope.get("version") != VERSION:
        version = ascii(envelope.get("version"))[:60]
        _refuse(path, f"is of version {version}, and this program reads version {VERSION};", "train it again")
    return envelope


def _digest(body: bodies.Body) -> str:
    canonical = json.dumps(body, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _no_number(constant: str) -> NoReturn:
    raise _NoNumberError(f"{constant} is no number")


def _refuse(path: Path, what: str, instead: str) -> NoReturn:
    raise ModelFileError((Problem(str(path), None, what, instead),)) from None
