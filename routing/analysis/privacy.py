"""What must not leave the machine: the user says so, or the text holds a secret. A signal never repeats the secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from routing.analysis.features import Signal
from routing.messages import ImagePart, Message, Request

_REACH = 200
_MOST_PLACES = 64
NO = frozenset({"", "no", "false", "0", "off"})

# What is looked for: a plain string (found fast in any length), then a pattern around it.
_VALUE = r"[\"']?\s*(?:[:=]|is|ist|est|es|lautet)\s*[\"']?(?=\S*[\d!@#%&*^])[^\s\"'<>{}$()\[\]]{6,}"
_SECRETS = (
    ("a private key", "PRIVATE KEY-----", re.compile(r"PRIVATE KEY-----")),
    ("an API key", "sk-", re.compile(r"(?<![\w-])sk-(?=[\w-]*\d)[\w-]{20,}")),
    ("an AWS key", "AKIA", re.compile(r"\bAKIA[0-9A-Z]{16}\b")),
    ("a GitHub token", "ghp_", re.compile(r"\bghp_\w{30,}")),
    ("a GitHub token", "github_pat_", re.compile(r"\bgithub_pat_\w{30,}")),
    ("a Slack token", "xox", re.compile(r"\bxox[abprs]-[\w-]{10,}")),
    ("a Google key", "AIza", re.compile(r"\bAIza[\w-]{35}")),
    ("a signed token", "eyJ", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a password in an address", "://", re.compile(r"://[^\s/:@]+:[^\s/@]{3,}@[\w.-]+")),
)
_NAMED_SECRETS = (
    ("a password", "passw", re.compile(rf"passw(?:ord|ort|d)s?{_VALUE}")),
    ("a password", "contraseña", re.compile(rf"contraseña{_VALUE}")),
    ("a password", "mot de passe", re.compile(rf"mot de passe{_VALUE}")),
    ("an API key", "api", re.compile(rf"\bapi[_ -]?key{_VALUE}")),
    ("a secret", "secret", re.compile(rf"secret(?:[_ -]?(?:access[_ -]?)?key)?{_VALUE}")),
)
_WISHES = re.compile(
    r"\b(?:do not|don't|never|must not) (?:send|share|upload|leak|post|forward) (?:this|it|that|any of this|these)\b"
    r"(?! (?:to|with) (?:my|the|her|him|them|anyone in)\b)|"
    r"\b(?:keep|stays?|remain|process|answer) (?:this |it |everything |that )?(?:strictly )?"
    r"(?:on (?:this|my) (?:machine|computer|laptop|device)|local(?:ly)?\b(?! (?:time|variable))|"
    r"private\b(?! (?:key|repo|method|field|class|member))|confidential\b|offline\b)|"
    r"\bmust not leave (?:this|my|the) (?:machine|computer|device|company|house)|\bstrictly confidential\b|"
    r"\bnicht (?:weitergeben|weiterleiten|hochladen)\b|\bbleibt unter uns\b|\bstreng vertraulich\b|"
    r"\bne (?:l'envoie|l'envoyez|partage|partagez) (?:pas|à personne)|"
    r"\bno (?:lo )?(?:envíes|compartas)\b|\bnon condividere\b"
)
_WISH_TEXT = 4_000


def private(request: Request) -> tuple[Signal, ...]:
    """Why the request must stay local: no signal, no reason. Earlier messages would be sent along, so they count."""
    found = [
        Signal("local_only", "true", 1.0, f"tag private={value}")
        for key, value in request.tags
        if key == "private" and value.lower() not in NO
    ]
    wish = _WISHES.search(_ends(request.text).lower().replace("’", "'"))
    if wish:
        found.append(Signal("local_only", "true", 1.0, f"“{wish.group()}”"))
    kinds = dict.fromkeys(_secrets(request.text))
    kinds |= dict.fromkeys(_remembered(request.system))
    for message in request.history:
        kinds |= dict.fromkeys(_in_message(message))
    return tuple(found + [Signal("local_only", "true", 1.0, kind) for kind in kinds])


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _WISH_TEXT else f"{text[:_WISH_TEXT]}\n{text[-_WISH_TEXT:]}"


def _in_message(message: Message) -> Iterator[str]:
    for part in message.content:
        if not isinstance(part, ImagePart):
            yield from _remembered(part.text)


def _secrets(text: str) -> tuple[str, ...]:
    """The kinds of secret in a text of any length."""
    kinds = [kind for kind, anchor, pattern in _SECRETS if _near(text, anchor, pattern)]
    lower = text.lower()
    kinds += [kind for kind, anchor, pattern in _NAMED_SECRETS if _near(lower, anchor, pattern)]
    return tuple(dict.fromkeys(kinds))


# Messages of a chat never change: each is searched once.
_remembered = lru_cache(maxsize=8_192)(_secrets)


def _near(text: str, anchor: str, pattern: re.Pattern[str]) -> bool:
    """Whether the pattern holds around one of the first places where the anchor stands."""
    place = text.find(anchor)
    for _ in range(_MOST_PLACES):
        if place < 0:
            return False
        if pattern.search(text, max(0, place - 8), place + _REACH):
            return True
        place = text.find(anchor, place + len(anchor))
    return False
