"""Personal data kept from a provider: placeholders go out, the values come back into the answer.

`[EMAIL-1]` stands for the same value in the whole chat that is sent. No `repr` shows a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from routing.analysis import personal
from routing.analysis.personal import find_personal
from routing.messages import FilePart, ImagePart, Message, Part, TextPart

_LABELS = {
    personal.EMAIL: "EMAIL",
    personal.PHONE: "PHONE",
    personal.CARD: "CARD",
    personal.IBAN: "IBAN",
    personal.NATIONAL_ID: "ID",
    personal.IP: "IP",
    personal.BIRTH: "BIRTHDATE",
    personal.ADDRESS: "ADDRESS",
}
# Models write [EMAIL_1], [email 1] or another dash as well.
_PLACEHOLDER = re.compile(rf"\[({'|'.join(_LABELS.values())})[-_ ‐‑–]([1-9][0-9]{{0,5}})\]", re.IGNORECASE)
_BEGUN = re.compile(r"\[(?:([A-Za-z]*)|([A-Za-z]+)[-_ ‐‑–](?:[1-9][0-9]{0,5})?)\Z")
# How many values are also looked for where nothing but the value itself tells what it is.
_MOST_REPEATED = 200

Placeholder = tuple[str, int]


class Mask:
    """Made of the texts of one call, oldest first, so that a chat that grows keeps its placeholders."""

    def __init__(self, texts: Iterable[str]) -> None:
        texts = tuple(texts)
        taken = {_key(match) for text in texts for match in _PLACEHOLDER.finditer(text)}
        self._of: dict[str, Placeholder] = {}
        last = dict.fromkeys(_LABELS.values(), 0)
        for kind, value in (found for text in texts for found in _values(text)):
            label = _LABELS[kind]
            if value not in self._of:
                last[label] = next(n for n in range(last[label] + 1, 1_000_000) if (label, n) not in taken)
                self._of[value] = label, last[label]

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Mask:
        """Of all that these messages would send as text."""
        return cls(text for message in messages for part in message.content for text in texts_of(part))

    def __len__(self) -> int:
        """How many values are kept back."""
        return len(self._of)

    def __repr__(self) -> str:
        return f"Mask({len(self)} values)"

    def text(self, text: str) -> str:
        """The text with a placeholder for each value."""
        masked, done = [], 0
        for start, end in self._places(text):
            masked += [text[done:start], _written(self._of[text[start:end]])]
            done = end
        return "".join((*masked, text[done:]))

    def messages(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """The messages as they may be sent. Images are as they were."""
        return tuple(replace(message, content=tuple(map(self._part, message.content))) for message in messages)

    def unmask(self, *, in_json: bool = False) -> Unmask:
        """For one stream of one answer; `in_json`: values are written as a JSON string needs them."""
        values = {placeholder: _quoted(value) if in_json else value for value, placeholder in self._of.items()}
        return Unmask(values)

    def _part(self, part: Part) -> Part:
        match part:
            case TextPart(text):
                return TextPart(self.text(text))
            case FilePart(name, text):
                return FilePart(self.text(name), self.text(text))
            case ImagePart():
                return part

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where values stand, in order, none over another: those found, and known ones that stand alone."""
        found = [(one.start, one.end) for one in find_personal(text) if text[one.start : one.end] in self._of]
        repeated = [place for value in list(self._of)[:_MOST_REPEATED] for place in _repeated(text, value)]
        done = 0
        for start, end in sorted({*found, *repeated}, key=lambda place: (place[0], -place[1])):
            if start >= done:
                yield start, end
                done = end


class Unmask:
    """Puts the values back into a stream of text, wherever it is cut."""

    def __init__(self, values: Mapping[Placeholder, str]) -> None:
        self._values = values
        self._held = ""

    def __repr__(self) -> str:
        return f"Unmask({len(self._values)} values)"

    def feed(self, text: str) -> str:
        """What can be shown by now: the beginning of a placeholder is held back until it is one or is none."""
        text = self._held + text
        cut = self._beginning(text)
        self._held = text[cut:]
        return _PLACEHOLDER.sub(self._value, text[:cut])

    def flush(self) -> str:
        """What is held, when the stream ends."""
        held, self._held = self._held, ""
        return held

    def _beginning(self, text: str) -> int:
        """Where a placeholder may have begun; the end of the text if none has."""
        start = text.rfind("[") if self._values else -1
        begun = _BEGUN.match(text, start) if start >= 0 else None
        if begun is None:
            return len(text)
        part, whole = (begun.group(1) or "").upper(), (begun.group(2) or "").upper()
        labels = {label for label, _ in self._values}
        may_be = whole in labels if whole else any(label.startswith(part) for label in labels)
        return start if may_be else len(text)

    def _value(self, match: re.Match[str]) -> str:
        return self._values.get(_key(match), match.group())


Stream = Literal["text", "reasoning"] | int
"""What one answer consists of; the numbers are its tool calls' arguments, which are JSON."""


class ValuesBack:
    """One answer with its values back, whatever it consists of. Without a mask everything stays as it is. `in_json`:
    its text is JSON."""

    def __init__(self, mask: Mask | None, *, in_json: bool) -> None:
        self._mask = mask
        self._in_json = in_json
        self._streams: dict[Stream, Unmask] = {}

    def feed(self, stream: Stream, text: str) -> str:
        """What can be shown by now."""
        if self._mask is None:
            return text
        if stream not in self._streams:
            written = self._in_json if stream == "text" else stream != "reasoning"
            self._streams[stream] = self._mask.unmask(in_json=written)
        return self._streams[stream].feed(text)

    def flush(self) -> Iterator[tuple[Stream, str]]:
        """What is still held of each, when the answer ends."""
        for stream, unmask in self._streams.items():
            if text := unmask.flush():
                yield stream, text


def texts_of(part: Part) -> tuple[str, ...]:
    """What of a part is sent as text: a file's name too."""
    match part:
        case TextPart(text):
            return (text,)
        case FilePart(name, text):
            return name, text
        case ImagePart():
            return ()


def _values(text: str) -> Iterator[tuple[str, str]]:
    return ((one.kind, text[one.start : one.end]) for one in find_personal(text))


def _key(match: re.Match[str]) -> Placeholder:
    return match.group(1).upper(), int(match.group(2))


def _written(placeholder: Placeholder) -> str:
    label, number = placeholder
    return f"[{label}-{number}]"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _repeated(text: str, value: str) -> Iterator[tuple[int, int]]:
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        if not (_ties(text[max(0, start - 1) : start]) or _ties(text[end : end + 1])):
            yield start, end
        start = text.find(value, end)


def _ties(character: str) -> bool:
    return character.isascii() and character.isalnum()
