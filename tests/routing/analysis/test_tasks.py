"""What a prompt's words and shape say of its task, in sentences of our own."""

from __future__ import annotations

import pytest

from routing.analysis.analyse import analyse
from routing.messages import ask

CLUES = """Three friends sit in a row. Each person drinks something else.

1. Ada sits somewhere left of Ben.
2. The tea drinker is not next to Cleo.
3. Cleo sits directly right of Ben.

Who drinks the tea?"""


@pytest.mark.parametrize(
    ("text", "task"),
    [
        (r"Show that $\sum_{k=1}^{n} k = \frac{n(n+1)}{2}$ holds.", "reasoning"),
        ("What is the remainder when 7^{40} is divided by 12?", "reasoning"),
        (
            "A baker sells 12 rolls at 3 for $2 and 8 at full price. How much is left of the 20 she had?",
            "reasoning",
        ),
        ("Найди вероятность того, что на двух костях выпадет девять", "reasoning"),
        ("求这个方程的根，已知 x 大于三", "reasoning"),
        (CLUES, "reasoning"),
        ("All swans are birds. Some birds are white. Does it follow that swans are white?", "reasoning"),
        ("Which river runs through the capital of Hungary?", "faq"),
        ("Who sang the song that opened the games?", "faq"),
        ("In which novel does a whale sink the ship?", "faq"),
        ("my parcel hasn't arrived", "faq"),
        ("Write a function that returns the perimeter of a rectangle", "code"),
        ("wget --mirror stops after the first page, why", "code"),
        ("def area(radius):\n    return 3.14 * radius ** 2\n\nwhy is the sum of 2 + 2 areas wrong", "code"),
        ("A script where two robots argue about tea, as an episode of a comedy", "creative"),
        ("Сочини стихотворение о море", "creative"),
        ("给我写一篇短篇小说", "creative"),
        ("what is your favourite colour", "conversation"),
        ("are you a real person", "conversation"),
        ("it was nice to talk with you", "conversation"),
        ("what is 4 x 12", "transform"),
        ("how many tablespoons are in a cup", "transform"),
        ("how do they say hello in Finland", "translation"),
        ("Tell whether the comment below is offensive.\n\nNice try, grandpa.", "classification"),
        ("Hi! Could you please write a cover letter for a job at the zoo that I saw yesterday?", "drafting"),
    ],
)
def test_the_task_is_what_a_person_would_say(text: str, task: str) -> None:
    assert analyse(ask(text)).task == task


def test_the_class_of_a_plain_prompt_is_surer_than_that_of_a_vague_one() -> None:
    plain = analyse(ask("translate 'good morning' into French"))
    vague = analyse(ask("the thing with the paper from last week"))
    assert plain.task_p > 0.9
    assert vague.task_p < 0.6


def test_prose_with_commas_is_no_table() -> None:
    prose = "We went, as one does, to the sea.\nIt was cold, and grey.\nNobody, of course, had a towel or a map."
    assert "rows of data" not in {one.seen for one in analyse(ask(prose)).signals}
    assert "rows of data" in {one.seen for one in analyse(ask("a,1\nb,2\nc,3")).signals}
