"""How somebody speaks: asks for a fact, asks about the one who answers, tells of a day, tells of trouble."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.analysis.mathematics import Sight
from routing.analysis.reading import Reading

_TOLD = re.compile(r"^\W*(?:i|i'm|i've|we|my)\b(?! (?:need|want|would like|have to)\b)")
_WH = re.compile(r"^\W*(?:what|who|whom|whose|when|where|why|which|how)\b")
_WH_INSIDE = re.compile(
    r"\b(?:which|whose|whom)\b|\b(?:in|at|of|on|for|from|by|to|the) (?:which|what|whom|whose)\b|"
    r"\b(?:called|named|known as|is|was|were|are) (?:a|an|the|what|who|whom)?\s*\?\s*$"
)
_TROUBLE = re.compile(
    r"\b(?:isn't|won't|doesn't|didn't|hasn't|haven't|can't|cannot|couldn't|wasn't|not (?:working|showing|here|arrived)|"
    r"declined|rejected|failed|fails|stolen|stole|lost|broken|missing|charged|reverted|pending|still waiting|wrong|"
    r"twice)\b"
)
_YOU = r"(?:you|ya|u)"
_PERSONAL = (
    r"(?:names?|age|hobb(?:y|ies)|birth ?(?:day|date|place)?|date of birth|country|pets?|favou?rite|creators?|"
    r"makers?|boss|parents|family|interests?|free time|spare time|origins?|developers?|nationality|job|feelings?)"
)
_BEING = (
    r"(?:bot|robot|human|person|people|computer|machine|ai|alive|real|program|chatbot|"
    r"artificial intelligence|man|woman)"
)
_ABOUT_YOU = re.compile(
    rf"\byour (?:\w+ )?{_PERSONAL}\b|\b(?:pets?|hobb(?:y|ies)|names?|age|animals?)\b.{{0,30}}\b{_YOU}\b|"
    rf"\b{_YOU}(?:'re| are|'ve)?\b.{{0,24}}\b(?:a |an )?{_BEING}\b|\bare {_YOU} (?:\w+ )?(?:happy|bored|ok|okay|mad|"
    rf"there|conscious)\b|\b(?:speaking|talking|chatting|speak) (?:with|to)\b.{{0,20}}\b(?:{_BEING}|who|whom)\b|"
    rf"\bwho am i (?:speaking|talking|chatting)\b|\b(?:made|created|built|owns?|programm?ed|programming|designed|"
    rf"trained|invented|developed|making|manufactured|wrote) (?:on )?{_YOU}\b|\b(?:were|was it|"
    rf"are) {_YOU} (?:were )?(?:\w+ )?(?:made|born|created|built|manufactured|from|programm?ed|called|developed)\b|"
    rf"\bwhere\b.{{0,12}}\b{_YOU} (?:\w+ )?(?:from|born|come|live|hail|based)\b|\bhow (?:old|smart|tall|"
    rf"many years)\b.{{0,10}}\b{_YOU}\b|\bhow long have {_YOU} (?:been|existed)\b|\bdo {_YOU} (?:have|own|like|love|"
    rf"enjoy|feel|dream|sleep|eat|get bored|believe|want|wish)\b|\bcall {_YOU}(?:rself)?\b|\b(?:the|this) ai(?:'s)?\b|"
    rf"\bintroduce yourself\b|\bwho do {_YOU} work for\b|\bhow(?:'s| is| are| have)? (?:\w+ )?(?:things|life|"
    rf"everything|{_YOU}) ?(?:going|doing|been|treating {_YOU}|with {_YOU})?\s*\??$|"
    r"\b(?:meaning|purpose|point) (?:of|in|to) (?:my |our )?(?:life|existence|living)\b|\bwhy are we here\b"
)
_FAREWELL = re.compile(
    rf"\b(?:nice|great|good|pleasant|lovely|fun|pleasure) (?:\w+ ){{0,4}}?(?:talk|speak|chat|convers|meet|see)\w* |"
    rf"\b(?:good)?bye\b|\bsee {_YOU}\b|\btalk (?:to {_YOU} )?(?:soon|later)\b|\btake care\b"
)
_REPLY = re.compile(
    r"^\W*(?:\w+ )?(?:that|this|it|the answer|i)\b.{0,24}\b(?:true|false|right|maybe|affirmative|not sure|"
    r"don't know|do not know|unsure|can't (?:say|decide)|correct|a yes|a no|(?:be|go) either(?: way)?)\b"
)
_WORK = re.compile(
    r"\b(?:write|make|create|compose|give me|draft|help|generate|invent|continue|rewrite|summari[sz]e|translate|"
    r"suggest|i want|i need|i'd like|can you|could you|please)\b"
)
_SHORT_WORDS, _TOLD_WORDS, _TALK_WORDS = 4, 14, 16


def asks_a_fact(reading: Reading) -> bool:
    """Whether a question is all there is, and nothing is to be made: a song in it is one that is asked about."""
    asks = _WH.match(reading.ask) or _ends_asking(reading)
    return bool(asks) and _is_bare(reading) and not _WORK.search(reading.ask)


def manners(reading: Reading) -> Iterator[Sight]:
    """What speaks for a question of fact, for small talk, and for a complaint."""
    if len(reading.words) <= _TALK_WORDS and _ABOUT_YOU.search(reading.ask):
        yield "conversation", "small_talk", 3.4, "a question about you"
    if not _is_bare(reading):
        return
    if len(reading.words) <= _TALK_WORDS and (_FAREWELL.search(reading.ask) or _REPLY.search(reading.ask)):
        yield "conversation", "small_talk", 2.6, "a word in a talk"
    asks = _ends_asking(reading)
    if _WH.match(reading.ask):
        yield "faq", "fact", 0.7, "a question word"
    elif asks:
        yield "faq", "fact", 0.9, "a question mark"
    if asks and asks_a_fact(reading) and _WH_INSIDE.search(reading.ask):
        yield "faq", "fact", 1.6, "which one it is"
    if 0 < len(reading.words) <= _SHORT_WORDS and not asks:
        yield "conversation", "small_talk", 0.6, "very short"
    told = not asks and len(reading.words) <= _TOLD_WORDS and _TOLD.match(reading.ask)
    if told and _TROUBLE.search(reading.ask):
        yield "faq", "help", 1.2, "trouble that is told"
    elif told:
        yield "conversation", "small_talk", 1.6, "something told, nothing asked"


def _ends_asking(reading: Reading) -> bool:
    return reading.text.rstrip()[-1:] in ("?", "？", "؟", ";")


def _is_bare(reading: Reading) -> bool:
    """Nothing to work on is there."""
    return not reading.material.strip() and not reading.fenced
