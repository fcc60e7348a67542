"""What the prompt says about the answer's shape: its format, how many items, how many words."""

from __future__ import annotations

import re

from routing.analysis.certainty import UNSURE
from routing.analysis.features import Signal, TaskClass
from routing.analysis.tasks import Judged
from routing.analysis.terms.rows import words_by_label
from routing.messages import Request, ResponseFormat

# Of a wish in words: what is left of it by manners of speaking. Of one that is not spoken of: what it is seldom.
_SAID, _NOT_SPOKEN_OF, _SPOKEN_AGAINST = 0.95, 0.99, 0.5
_PATIENT = re.compile(
    r"\b(?:no (?:rush|hurry)|take your time|whenever you (?:can|have time)|not urgent|by tomorrow|overnight|"
    r"keine eile|pas pressé|sin prisa|senza fretta|sem pressa)\b"
)
_KIND = r"(?:an?|the|only|valid|plain|pure|strict|single|raw|minified|compact|json)"
_AS_JSON = re.compile(
    rf"\b(?:as|in|into|to|als|en|em|como|formato|i|som|till|в|return|returns?|output|produce|respond with|reply with|"
    rf"give me|only)\s+(?:{_KIND}\s+)*json\b(?!\s*(?:file|schema|parser|library|column|path|api)\b)|"
    r"\bvalid json\b|\b(?:make|create|build|write|give me|produce) (?:me )?(?:a )?json (?:array|object|list)\b|"
    r"\bjson (?:only|please|format|output)\b|json\s*(?:形式|格式|で|으로|로)",
)
_ONLY_JSON = re.compile(
    r"\b(?:reply|respond|answer|output)\b.{0,40}\bjson\b|\bjson only\b|\bonly (?:valid )?json\b|\bas json\b",
)
_FROM_JSON = re.compile(
    r"\b(?:from|this|the following|that|following)\s+json\b.{0,60}\b(?:to|into|as|in)\s+(?!json)\w+"
)
_NUMBERS = {
    word: int(number)
    for number, named in words_by_label("""
2: two zwei deux dos due dois
3: three drei trois tres tre três
4: four vier quatre cuatro quattro quatro
5: five fünf cinq cinco cinque
6: six sechs sei seis
7: seven sieben sept siete sette
8: eight acht huit ocho otto
9: nine neun neuf nueve nove
10: ten zehn dix diez dieci dez
12: twelve zwölf douze doce
""").items()
    for word in named
}
_ITEM = (
    r"ideas?|names?|tips|reasons|examples|ways|steps|items|points|bullets?|bullet points|facts|questions|options|"
    r"titles|suggestions|books|films|movies|things|benefits|advantages|recipes|slogans|headlines|synonyms|exercises|topics|"
    r"arguments|causes|words|uses|activities|songs|jokes|puns|quotes|taglines|places|cities|countries|mistakes"
)
_COUNT = re.compile(
    rf"\b(?:list|give(?: me)?|name|suggest|brainstorm|tell me|come up with|write|provide|show(?: me)?|in|top|"
    rf"what are|of|the)\s+(?:me\s+)?(?:your\s+)?(?:top\s+)?(\d{{1,2}}|{'|'.join(_NUMBERS)})\s+"
    rf"(?:\w+[ -]){{0,2}}?(?:{_ITEM})\b"
)
_LENGTH = re.compile(rf"\b(\d{{1,5}}|{'|'.join(_NUMBERS)})[ -](words?|sentences?|paragraphs?|lines?|bullets?|pages?)\b")
_TOKENS_PER = {"word": 1.35, "sentence": 28, "paragraph": 110, "line": 18, "bullet": 25, "page": 600}


def response_format(request: Request, ask: str, judged: Judged) -> tuple[ResponseFormat, float, tuple[Signal, ...]]:
    """(the format, its probability, why). The request's own format wins; else JSON when the lower-case ask wants it.
    Code that makes JSON is text. Where JSON is spoken of and not clearly wanted, text is the safe default: an answer in
    prose can hold JSON, but JSON alone cannot hold prose."""
    if request.schema is not None:
        return "json_schema", 1.0, (Signal("format", "json_schema", 1.0, "a schema is given"),)
    if request.response_format != "text":
        return request.response_format, 1.0, (Signal("format", request.response_format, 1.0, "the request says so"),)
    if "json" not in ask:
        return "text", _NOT_SPOKEN_OF, ()
    is_code = judged.shares[TaskClass.CODE]
    plain, strict = _AS_JSON.search(ask), _ONLY_JSON.search(ask)
    wanted = 0.0 if _FROM_JSON.search(ask) else _SAID * ((1 - is_code) * bool(plain) + is_code * bool(strict))
    found = strict if judged.task is TaskClass.CODE else plain
    if found and wanted >= UNSURE:
        return "json", wanted, (Signal("format", "json", 1.0, found.group().strip()),)
    if found and wanted:
        told = f"unsure of JSON ({wanted:.0%}): taken as text"
        return "text", 1 - wanted, (Signal("format", "unsure", round(wanted, 2), told),)
    return "text", min(_NOT_SPOKEN_OF, 1 - wanted), ()


def latency(request: Request, ask: str) -> tuple[float, tuple[Signal, ...]]:
    """How sure it is that the request's own latency holds. Words alone never make a request wait: a person may be
    looking on."""
    patient = _PATIENT.search(ask)
    if request.latency == "batch" or patient is None:
        return 1.0 if request.latency == "batch" else _SAID, ()
    return _SPOKEN_AGAINST, (Signal("latency", "unsure", _SAID, f"“{patient.group()}”: taken as interactive"),)


def items_asked(ask: str) -> int | None:
    """How many items the lower-case ask wants, or None when it does not say. At most 50."""
    found = _COUNT.search(ask)
    if found is None or found.group().endswith("words"):
        return None
    count = _number(found.group(1))
    return count if 2 <= count <= 50 else None


def tokens_asked(ask: str) -> int | None:
    """About how many tokens fill the length that the ask names ("in two sentences", "300 words")."""
    found = _LENGTH.search(ask)
    if found is None:
        return None
    return max(1, round(_number(found.group(1)) * _TOKENS_PER[found.group(2).rstrip("s")]))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]
