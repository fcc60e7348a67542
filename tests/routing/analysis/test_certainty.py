"""How sure the features are, and that what is taken in doubt is safe, told, and leaves small talk cheap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.analysis.certainty import MIDDLE, UNSURE, plausible, safe_complexity
from routing.analysis.features import Features, Risk, TaskClass
from routing.analysis.language import identify
from routing.messages import ask

PROBABILITIES = ("task_p", "complexity_p", "risk_p", "format_p", "latency_p", "language_p")
shares = st.lists(st.floats(0.001, 1), min_size=len(TaskClass), max_size=len(TaskClass)).map(
    lambda odds: {task: odd / sum(odds) for task, odd in zip(TaskClass, odds, strict=True)}
)
hardness = st.lists(st.floats(0, 1), min_size=len(TaskClass), max_size=len(TaskClass)).map(
    lambda values: dict(zip(TaskClass, values, strict=True))
)


def unsure(features: Features, feature: str) -> list[str]:
    return [one.seen for one in features.signals if one.feature == feature and one.value == "unsure"]


@given(st.text(max_size=300))
def test_probabilities_are_probabilities(text: str) -> None:
    features = analyse(ask(text))
    for name in PROBABILITIES:
        assert 0 <= getattr(features, name) <= 1, name


@given(shares, hardness, st.integers(0, 500))
def test_doubt_never_makes_a_request_easier_nor_hard(
    likely: dict[TaskClass, float], by_task: dict[TaskClass, float], length: int
) -> None:
    task = max(TaskClass, key=lambda one: likely[one])
    taken, chance, signals = safe_complexity(task, likely, by_task, length)
    assert taken >= by_task[task]
    assert taken == by_task[task] or taken <= MIDDLE
    assert bool(signals) == (taken > by_task[task])
    assert 0 <= chance <= 1


@given(shares)
def test_a_sure_task_stands_alone(likely: dict[TaskClass, float]) -> None:
    task = max(TaskClass, key=lambda one: likely[one])
    classes = plausible(task, likely)
    assert classes[0] is task
    assert len(set(classes)) == len(classes)
    if likely[task] >= UNSURE:
        assert classes == (task,)


@pytest.mark.parametrize(
    "text", ["hi", "hello there", "thanks a lot!", "lol", "hmm ok", "what do you call yourself?", "bye for now", "yes"]
)
def test_small_talk_stays_easy_and_harmless(text: str) -> None:
    features = analyse(ask(text))
    assert features.complexity < 0.3
    assert features.risk is Risk.LOW


def test_a_long_prompt_of_which_nothing_is_known_is_taken_as_middling() -> None:
    features = analyse(ask("zorvath quindle mepsor tavinal brosk uvelin hastor lemiq pondar wexil frumto galdis"))
    assert features.task_p < 0.25
    assert features.complexity == MIDDLE
    assert unsure(features, "complexity") == ["no known pattern: taken as 0.5"]


def test_between_two_classes_the_harder_one_counts_up_to_the_middle() -> None:
    by_task = dict.fromkeys(TaskClass, 0.1) | {TaskClass.REASONING: 0.4}
    halves = dict.fromkeys(TaskClass, 0.0) | {TaskClass.TRANSLATION: 0.55, TaskClass.REASONING: 0.45}
    taken, chance, signals = safe_complexity(TaskClass.TRANSLATION, halves, by_task, 40)
    assert taken == 0.4
    assert chance == pytest.approx(0.45)
    assert signals[0].seen == "unsure of the task (55%): taken as 0.4"
    hard = by_task | {TaskClass.REASONING: 0.9}
    assert safe_complexity(TaskClass.TRANSLATION, halves, hard, 40)[0] == MIDDLE


def test_json_that_code_is_to_make_is_no_format_of_the_answer() -> None:
    features = analyse(ask("write a python function that puts the rows in json"))
    assert features.response_format == "text"
    assert features.format_p > 0.5
    assert analyse(ask("list three fruits as JSON")).format_p > 0.8
    assert analyse(ask("name a fruit", response_format="json")).format_p == 1


def test_words_alone_do_not_make_a_request_wait() -> None:
    features = analyse(ask("no rush, but what is a monad?"))
    assert features.latency == "interactive"
    assert features.latency_p < UNSURE
    assert unsure(features, "latency") == ["“no rush”: taken as interactive"]
    assert analyse(ask("what is a monad?", latency="batch")).latency_p == 1


def test_a_guessed_language_is_unknown_and_told() -> None:
    language, p = identify("Hvor er du?")
    assert (language, p) == ("da", 0.5)
    features = analyse(ask("Hvor er du?"))
    assert features.language == "und"
    assert unsure(features, "language") == ["unsure of da (50%)"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Warum ist der Himmel blau und nicht grün?", "de"),
        ("Pourquoi le ciel est-il bleu et non vert ?", "fr"),
        ("¿Por qué el cielo es azul y no verde?", "es"),
        ("Почему небо синее, а не зелёное?", "ru"),
        ("Чому небо синє, а не зелене?", "uk"),
        ("为什么天空是蓝色的？", "zh"),
        ("空はなぜ青いのですか", "ja"),
        ("하늘은 왜 파란가요?", "ko"),
        ("لماذا السماء زرقاء؟", "ar"),
        ("Γιατί ο ουρανός είναι μπλε;", "el"),
        ("आसमान नीला क्यों है?", "hi"),
        ("ทำไมท้องฟ้าถึงเป็นสีฟ้า", "th"),
        ("why is the sky blue and not green?", "en"),
    ],
)
def test_a_language_is_known_and_sure(text: str, language: str) -> None:
    found, p = identify(text)
    assert found == language
    assert p >= UNSURE
