"""What the answer's own words give away: refusals, hedges, admissions, changes of mind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.events import ConfidencePart

REFUSAL, ADMISSION, CONTRADICTION = -2.5, -1.2, -0.4
_HEDGE, _MOST_HEDGES = -0.15, -1.5
# Added to the words that hedges are measured against: one "I think" must not sink an answer of one line.
_GRACE_WORDS = 20
# A refusal stands at the start; further down the same words are usually quoted.
_OPENER = 160

_REFUSAL = re.compile(
    r"^\W*(?:(?:i'm|i am|we're)? ?(?:very |so |really )?sorry,?\s*(?:but\s*)?|unfortunately,?\s*|"
    r"i apologi[sz]e,?\s*(?:but\s*)?|as an ai[^.,]{0,40},?\s*)?"
    r"(?:(?:i|we) (?:can't|cannot|can not|won't|am unable to|are unable to|'m unable to|am not able to|must decline|"
    r"have to decline)|i'm (?:unable|not able|not allowed)|"
    r"as an ai (?:language )?model,? i (?:do not|don't|can't|cannot)|"
    r"es tut mir leid,? aber ich kann|ich kann (?:dabei|damit|ihnen|dir)[^.]{0,20} nicht|"
    r"(?:je suis )?désolée?,? (?:mais )?je ne peux|je ne peux pas|"
    r"lo siento,? (?:pero )?no puedo|no puedo (?:ayudar|proporcionar)|mi dispiace,? (?:ma )?non posso|"
    r"(?:desculpe|sinto muito),? (?:mas )?não posso|извините,? (?:но )?я не могу|申し訳|抱歉|对不起,?我(?:不能|无法))",
)
# What a refusal says that it will not do. "I can't recommend it enough" refuses nothing.
_REFUSED = re.compile(
    r"(?:[\s,]+(?:to|you|with|currently|directly|legally|ethically|really|leider|dir|ihnen|dabei|damit|nicht)){0,4}\s+"
    r"(?:help|assist|provide|comply|fulfil+|generate|create|write|share|discuss|engage|support|produce|continue|"
    r"participate|do (?:that|this|so)|answer (?:that|this|your)|complete (?:that|this|your)|"
    r"helfen|weiterhelfen|unterstützen|beantworten|(?:vous |te )?(?:aider|répondre|fournir)|ayudar\w*|proporcionar|"
    r"responder|aiutar\w*|fornire|rispondere|ajudar|fornecer|(?:вам )?(?:помочь|ответить))\b"
)

_ADMISSION = re.compile(
    r"\bi(?: really| honestly)? (?:don't|do not) "
    r"(?:know|remember|have (?:that|this|enough|any) (?:information|details?))\b|"
    r"\bi(?:'m| am) (?:really |honestly )?not (?:entirely |quite |at all |totally |completely )?(?:sure|certain)\b|"
    r"\bi have no idea\b|\bno idea\b|\bi can only guess\b|\bi(?:'m| am) (?:just )?guessing\b|"
    r"\bthis is (?:only )?a guess\b|\b(?:das )?weiß ich nicht\b|\bich bin (?:mir )?nicht sicher\b|"
    r"\bje ne sais pas\b|\bno (?:lo )?sé\b|\bnon lo so\b"
)
_HEDGES = re.compile(
    r"\b(?:i think|i believe|i guess|i suppose|i'd guess|it seems|it appears|seems to be|as far as i know|if i recall|"
    r"if i remember|maybe|perhaps|possibly|probably|presumably|might be|may be|could be|or so|roughly speaking|"
    r"not (?:entirely )?(?:sure|certain)|hard to say|something like|sort of|kind of|"
    r"vielleicht|möglicherweise|vermutlich|ich glaube|peut-être|probablement|je crois|quizás?|tal vez|"
    r"probablemente|creo que|forse|probabilmente|talvez|возможно|наверное|вероятно)\b|"
    r"也许|可能是|大概|たぶん|かもしれません|아마"
)
_CONTRADICTION = re.compile(
    r"\bactually,? (?:no|wait|that'?s (?:wrong|not right)|i was wrong)\b|\bi was wrong\b|\bi made a mistake\b|"
    r"\bwait,? (?:no|that|let me)\b|\bcorrection:|\bscratch that\b|\bon second thought\b|"
    r"\blet me (?:re-?do|correct) (?:that|this|my)\b"
)


def without_doubts(text: str) -> str:
    """The lower-case text without its hedges and admissions, so that a doubt counts once, as a doubt."""
    return _HEDGES.sub(" ", _ADMISSION.sub(" ", text))


def refuses(text: str) -> bool:
    """Whether a lower-case text opens with a refusal that says what it will not do."""
    opener = _REFUSAL.match(text[:_OPENER])
    return opener is not None and _REFUSED.match(text, opener.end()) is not None


def wording_parts(text: str, words: int) -> Iterator[ConfidencePart]:
    """Parts of a lower-case answer of so many words, doubts not counted."""
    opener = _REFUSAL.match(text[:_OPENER])
    if opener:
        yield ConfidencePart("refusal", f"“{opener.group().strip()}”", REFUSAL)
    admission = _ADMISSION.search(text)
    if admission:
        yield ConfidencePart("admits not to know", f"“{admission.group()}”", ADMISSION)
    hedges = len(_HEDGES.findall(_ADMISSION.sub(" ", text)))
    if hedges:
        rate = 100 * hedges / (words + hedges)
        weighed = 100 * hedges / (words + hedges + _GRACE_WORDS)
        yield ConfidencePart("hedges", f"{rate:.1f} per 100 words", max(_MOST_HEDGES, _HEDGE * weighed))
    contradiction = _CONTRADICTION.search(text)
    if contradiction:
        yield ConfidencePart("changes its mind", f"“{contradiction.group()}”", CONTRADICTION)
