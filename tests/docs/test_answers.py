"""The simulated models answer questions about Pointsman out of its documents: the right passage must come first."""

from __future__ import annotations

from datetime import date

import pytest

from app.settings import find_paths
from routing.simulator.skills.library import Library
from routing.simulator.skills.manual import about_pointsman
from routing.simulator.skills.task import Task

QUESTIONS = {
    "how do I add my key?": ("Add your own key", "OPENAI_API_KEY"),
    "How do I add my own key to Pointsman?": ("Add your own key", "keys.env"),
    "where are my chats stored?": ("Where chats and settings are stored", "ledger.db"),
    "how do I switch the profile?": ("Switch the profile", "F2"),
    "what does it cost?": ("Spend: what a message may cost", "caps"),
    "how do I change the cap?": ("Spend: what a message may cost", "day_usd"),
    "how do I use ollama?": ("Use Ollama or another local server", "11434"),
    "which keys are there?": ("Keys: every key and keyboard shortcut", "F1"),
    "how do I write a theme?": ("Write a theme", "themes/"),
    "how do I install it?": ("Install it as a tool", "pipx"),
    "what leaves my machine?": ("Privacy: what leaves this machine", "provider"),
    "what is confidence?": ("Confidence", "score"),
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(find_paths("data", "config.yaml").documents)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_best_passage_is_the_one_that_answers(library: Library, question: str) -> None:
    heading, word = QUESTIONS[question]
    (passage, *_) = await library.search(question, 1)
    assert passage.heading == heading
    assert word in passage.text


async def test_a_middle_model_says_where_a_key_goes(library: Library) -> None:
    question = "how do I add my key?"
    task = Task(question, question, "", False, "railcar", "mid", date(2026, 1, 1), library)
    answer = await about_pointsman(task)
    assert answer is not None
    assert "OPENAI_API_KEY" in answer
    assert answer.endswith("(README.md, “Add your own key”)")
