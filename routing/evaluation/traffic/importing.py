"""Exports to prompts: which form a file has is seen in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from routing.errors import Problem
from routing.evaluation import rows
from routing.evaluation.rows import DataError, MistakeError, Row
from routing.evaluation.traffic.asked import Asked
from routing.evaluation.traffic.chats import prompts_of
from routing.evaluation.traffic.markdown import prompts_of_markdown
from routing.evaluation.traffic.objects import MOST_BYTES, objects
from routing.evaluation.traffic.turns import LEDGER, LedgerLines, prompts_of_chat

_HEAD = 65_536
_KNOWN = "it must be `pointsman history export`'s, a conversations.json, or lines of JSON with `prompt` or `messages`"
_PACKED = {b"PK\x03\x04": "is a zip archive;", b"\x1f\x8b": "is compressed;"}


def read_prompts(path: Path) -> list[Asked]:
    """Every prompt in a file. Raises DataError, with each mistake by its line."""
    try:
        if path.exists() and not path.is_file():
            raise _unusable(path, "is no file;", "name the file with the chats")
        with path.open("rb") as file:
            head = file.read(_HEAD)
        found = _read(path, head)
    except FileNotFoundError:
        raise _unusable(path, "is not there;", "check the name") from None
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror or error}") from None
    if not found:
        raise _unusable(path, "holds no prompt;", "name an export with at least one")
    return found


def _read(path: Path, head: bytes) -> list[Asked]:
    for signature, what in _PACKED.items():
        if head.startswith(signature):
            raise _unusable(path, what, "unpack it and name the file in it")
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begins:
        raise _unusable(path, "is empty;", _KNOWN)
    if begins[:1] in b"{[":
        return _objects(path)
    if begins.startswith(b"# "):
        return prompts_of_markdown(_text(path))
    raise _unusable(path, "is no export that is known;", _KNOWN)


def _objects(path: Path) -> list[Asked]:
    found: list[Asked] = []
    ledger: LedgerLines | None = None
    take: Callable[[Row], object] | None = None
    problems: list[Problem] = []

    def keep(row: Row) -> None:
        found.extend(prompts_of_chat(row) if "turns" in row else prompts_of(row))

    for line, body in objects(path):
        try:
            row = rows.parsed(body)
            if take is None and row.get("format") == LEDGER:
                ledger = LedgerLines()
                take = ledger.take
                continue
            take = take or keep
            take(row)
        except MistakeError as mistake:
            problems.append(Problem(str(path), line, *mistake.problem))
    if problems:
        raise DataError(tuple(problems))
    return ledger.asked() if ledger else found


def _text(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise _unusable(path, f"is larger than {MOST_BYTES >> 20} MB;", "export the chats as JSON")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable(path, "is not UTF-8;", "save the file with that encoding") from None


def _unusable(path: Path, what: str, instead: str = "") -> DataError:
    return DataError((Problem(str(path), None, what, instead),))
