"""Structured output: whether an answer is the JSON that was asked for, and what is wrong when it is not.

A schema is applied as its draft says (2020-12 when it names none); `format` is a remark there, not a rule. Nothing
that a schema refers to is ever fetched. The validator is slow to load, so it is loaded when the first schema is met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from routing.messages import clean_text

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_MOST_WORDS = 160
_ARTICLES = {"integer": "an integer", "array": "an array", "object": "an object", "null": "null"}


@dataclass(frozen=True, slots=True)
class Structured:
    """An answer read as JSON. `text` is the JSON as the model wrote it, without the fence around it (`fenced`), and ""
    when there is none. `fault` says what is wrong: `check` (JSON, schema) failed for the reason `why`; without a fault
    `why` says what could not be checked."""

    text: str
    check: str = ""
    why: str = ""
    fenced: bool = False

    @property
    def unchecked(self) -> bool:
        """Whether nobody can say if it meets the schema."""
        return bool(self.why) and not self.check

    @property
    def fault(self) -> str:
        """``schema: $.age is not an integer``; "" when nothing is wrong."""
        return f"{self.check}: {self.why}" if self.check else ""


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Why a text is no JSON schema, and the keys and positions that lead to the place."""

    why: str
    path: tuple[str | int, ...] = ()


def read_structured(text: str, schema: str | None) -> Structured:
    """The answer as JSON, held against the schema if there is one. Never raises."""
    bare, fenced = _bare(text)
    try:
        value = _parse(bare)
    except (ValueError, RecursionError) as error:
        return Structured("", "JSON", f"does not parse{_place(error)}")
    if schema is None:
        return Structured(bare, fenced=fenced)
    validator = _validator(schema)
    if isinstance(validator, SchemaFault):
        return Structured(bare, why=validator.why, fenced=fenced)
    try:
        wrong = _first_error(validator, value)
    except Exception as error:  # noqa: BLE001 - a validator of others, on a schema and an answer of others
        return Structured(bare, why=_inapplicable(error), fenced=fenced)
    return Structured(bare, "schema" if wrong else "", wrong, fenced)


def schema_fault(schema: str) -> SchemaFault | None:
    """What keeps the text from being a JSON schema that can be applied; None when nothing does. Never raises."""
    found = _validator(schema)
    return found if isinstance(found, SchemaFault) else None


def _bare(text: str) -> tuple[str, bool]:
    """The text, or what stands in its first fence when that alone is JSON."""
    whole = text.strip()
    if not _parses(whole) and (fence := _FENCE.search(text)) and _parses(inside := fence.group(2).strip()):
        return inside, True
    return whole, False


def _parses(text: str) -> bool:
    try:
        _parse(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(name)


def _place(error: Exception) -> str:
    return f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) and error.pos else ""


@lru_cache(maxsize=16)
def _validator(schema: str) -> Validator | SchemaFault:
    try:
        rules = _parse(schema)
    except (ValueError, RecursionError):
        return SchemaFault("the schema is not JSON")
    if not isinstance(rules, dict | bool):
        return SchemaFault("the schema is neither an object nor a truth value")
    from jsonschema.exceptions import SchemaError

    kind = _draft(rules)
    try:
        kind.check_schema(rules)
        missing = _first_missing(rules)
    except SchemaError as error:
        told = next((option for option in error.context or () if option.validator == "enum"), error)
        return SchemaFault(_short(f"{error.json_path}: {told.message}"), tuple(error.absolute_path))
    except Exception as error:  # noqa: BLE001 - a validator of others, on a schema of others
        return SchemaFault(f"the schema cannot be read ({type(error).__name__})")
    if missing is not None:
        return missing
    validator: Validator = kind(rules, registry=_known_schemas())
    return validator


def _draft(rules: Any) -> Any:
    """The validator of the draft that the schema names."""
    from jsonschema import validators

    kinds = (
        validators.Draft202012Validator,
        validators.Draft201909Validator,
        validators.Draft7Validator,
        validators.Draft6Validator,
        validators.Draft4Validator,
        validators.Draft3Validator,
    )
    named = rules.get("$schema") if isinstance(rules, dict) else None
    wanted = str(named or "").rstrip("#")
    return next((kind for kind in kinds if str(kind.META_SCHEMA["$schema"]).rstrip("#") == wanted), kinds[0])


def _known_schemas() -> Any:
    """The published meta-schemas and nothing else: the default registry would fetch from the network."""
    from jsonschema_specifications import REGISTRY

    return REGISTRY


def _first_missing(rules: Any) -> SchemaFault | None:
    """The first reference that leads nowhere, or out of the file."""
    from referencing import Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    root = Resource.from_contents(rules, default_specification=DRAFT202012)
    resolver = _known_schemas().resolver_with_root(root)
    for path, reference in _references(rules, ()):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            return SchemaFault(_short(f"$ref leads to {reference!r}, which is not in the schema"), path)
    return None


def _references(rules: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every `$ref` with its place, unless a part has a base of its own (`$id`), against which it is resolved."""
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(rules, dict):
        if path and "$id" in rules:
            return
        children = rules.items()
    elif isinstance(rules, list):
        children = enumerate(rules)
    for key, value in children:
        if key == "$ref" and isinstance(value, str):
            yield (*path, key), value
        elif key not in ("const", "enum", "examples", "default"):
            yield from _references(value, (*path, key))


def _first_error(validator: Validator, value: Any) -> str:
    """The error that tells most, in words; "" when there is none."""
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(value))
    return "" if error is None else _short(_in_words(error))


def _inapplicable(error: Exception) -> str:
    from referencing.exceptions import Unresolvable

    if isinstance(error, Unresolvable):
        return "a $ref leads out of the schema"
    if isinstance(error, RecursionError):
        return "the schema refers to itself without end"
    return f"the schema cannot be applied ({type(error).__name__})"


def _in_words(error: ValidationError) -> str:
    place = error.json_path
    found: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [_ARTICLES.get(kind, f"a {kind}") for kind in ([wanted] if isinstance(wanted, str) else wanted)]
            return f"{place} is not {' or '.join(kinds)}"
        case "required" if isinstance(wanted, list) and isinstance(found, dict):
            return f"{place} lacks {', '.join(str(key) for key in wanted if key not in found)}"
        case "enum":
            return f"{place} is none of {', '.join(json.dumps(one, ensure_ascii=False) for one in wanted)}"
        case _:
            return f"{place}: {error.message}"


def _short(words: str) -> str:
    words = " ".join(clean_text(words).split())
    return words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"
