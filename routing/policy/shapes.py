"""What pydantic says of a file's shape, in the words of the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from routing.policy.mistakes import Mistake, Path, nearest, quoted

if TYPE_CHECKING:
    from pydantic import BaseModel

_SHAPES = {
    "float_type": ("is {value}, not a number", "write a number, such as 0.5"),
    "int_type": ("is {value}, not a whole number", "write a whole number, such as 1"),
    "bool_type": ("is {value}, neither true nor false", "write true or false"),
    "string_type": ("is {value}, not a word", "write a word, in quotes if need be"),
    "list_type": ("is {value}, not a list", "write it as a list in [ ]"),
    "dict_type": ("is {value}, not a mapping", "write it with keys, as in {key: value}"),
    "model_type": ("is {value}, not a mapping", "write it with keys, as in {key: value}"),
}


def shape_mistake(kind: type[BaseModel], at: Path, found: dict[str, Any]) -> Mistake:
    """One error of pydantic's, met in a `kind` that stands at `at`, in words for who wrote it."""
    loc: Path = found["loc"]
    place = (*at, *loc)
    key = str(loc[-1]) if loc else ""
    match found["type"]:
        case "mistake":
            return Mistake(place, found["ctx"]["what"], found["ctx"]["instead"])
        case "extra_forbidden":
            known = _part_at(kind, loc[:-1]).model_fields
            return Mistake(place, f"unknown key {quoted(key)}", nearest(key, known))
        case "missing":
            return Mistake(place, f"{_named(place[:-1])} has no {key}", f"write {_example(kind, loc)}")
    what, instead = _SHAPES[found["type"]]
    example = _example(kind, loc)
    what = f"{_named(place)} {what.format(value=quoted(found['input']))}"
    return Mistake(place, what, f"write {example}" if example else instead)


def _example(kind: type[BaseModel], loc: Path) -> str:
    """How the key at `loc` is written, where the schema says so."""
    if not loc or isinstance(loc[-1], int):
        return ""
    known = _part_at(kind, loc[:-1]).model_fields.get(loc[-1])
    return str(known.examples[0]) if known and known.examples else ""


def _part_at(kind: type[BaseModel], loc: Path) -> type[BaseModel]:
    for key in loc:
        if isinstance(key, str) and key in kind.model_fields:
            kind = next(_parts_in(kind.model_fields[key].annotation), kind)
    return kind


def _parts_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if hasattr(annotation, "model_fields"):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_in(argument)


def _named(place: Path) -> str:
    """How a sentence calls the part of the file at `place`."""
    match place:
        case ():
            return "the policy"
        case ("rules", int(index)):
            return f"rule {index + 1}"
        case ("routes", name):
            return f"route {quoted(name)}"
        case (*_, str(key)):
            return key
        case (*before, index):
            return f"item {int(index) + 1} of {_named(tuple(before))}"
    raise AssertionError(place)
