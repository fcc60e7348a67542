"""JSON lines out of a file that others wrote, each with its line number, and the values in them, checked."""

from __future__ import annotations

import gzip
import json
import math
import reprlib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from routing.errors import ConfigurationError, Problem

Row = Mapping[str, Any]


class DataError(ConfigurationError):
    """A data set cannot be used; says file, line and what to do about it."""


class MistakeError(ValueError):
    """What is wrong with one row, and what to write instead."""

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(what)
        self.problem = what, instead


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers. Raises DataError where the file cannot be read to its end."""
    number = 0
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        _refuse(path, None, "is no data set by its name;", "it must end in .jsonl or .jsonl.gz")
    if path.exists() and not path.is_file():
        _refuse(path, None, "is no file;", "name one that ends in .jsonl or .jsonl.gz")
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        _refuse(path, None, "is not there;", "check the name")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        _refuse(path, number + 1, "the compressed file is cut short or damaged;", "fetch it again")
    except OSError as error:
        _refuse(path, None, f"cannot be read: {error.strerror or error}")


def parsed(line: bytes) -> Row:
    """The object on a line. Raises MistakeError."""
    try:
        row = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except MistakeError:
        raise
    except UnicodeDecodeError:
        raise MistakeError("is not UTF-8;", "save the file with that encoding") from None
    except (ValueError, RecursionError):
        raise MistakeError("is no JSON, or is cut short;", "each line must be one object") from None
    if not isinstance(row, dict):
        raise MistakeError("is no object;", 'each line must be {"id": …, "prompt": …}')
    return row


def text(row: Row, column: str) -> str:
    """Raises MistakeError where the column is missing or is no text."""
    value = needed(row, column)
    if not isinstance(value, str):
        raise MistakeError(f"`{column}` is {shown(value)};", "it must be text")
    return value


def needed(row: Row, column: str) -> Any:
    if column not in row:
        raise MistakeError(f"has no column `{column}`;", f"it has {', '.join(map(shown, row)) or 'none at all'}")
    return row[column]


def score(value: object, what: str) -> float:
    """Raises MistakeError unless the value is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MistakeError(f"{what} is {shown(value)};", "it must be a number from 0 to 1")
    if not 0 <= value <= 1:
        raise MistakeError(f"{what} is {shown(value)}, outside 0 to 1;", "scale it to that range")
    return float(value)


def amount(value: object, what: str) -> float | None:
    """Raises MistakeError unless the value is null or a number that is not negative."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise MistakeError(f"{what} is {shown(value)};", "it must be a number, 0 or more, or null")
    return float(value)


def by_model(row: Row, column: str) -> Row:
    """The object in an optional column; none where it is missing or null. Raises MistakeError."""
    value = row.get(column)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MistakeError(f"`{column}` is {shown(value)};", "it must be an object with a number for each model")
    return value


def shown(value: object) -> str:
    """As it is told in a sentence: one line, not long, no control characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return ascii(value) if isinstance(value, str) and len(value) <= _LONG else reprlib.repr(value)


_MOST = 1e15
_LONG = 60


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MistakeError(f"{shown(key)} stands twice;", "keep one")
        found[key] = value
    return found


def _no_number(constant: str) -> NoReturn:
    raise MistakeError(f"{constant} is no number;", "write a number, or null where there is none")


def _refuse(path: Path, line: int | None, what: str, instead: str = "") -> NoReturn:
    raise DataError((Problem(str(path), line, what, instead),)) from None
