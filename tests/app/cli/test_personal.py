"""`pointsman ask` under a profile that asks about personal data: there is nobody to ask, so the option says it."""

from __future__ import annotations

import pytest

from tests.app.cli.conftest import ROOT, Shell

ADA = "ada.byron@analytical.org"
PROMPT = f"Write a short note to {ADA} about the meeting."


@pytest.fixture
def careful(shell: Shell) -> Shell:
    text = (ROOT / "routing" / "policy" / "profiles" / "balanced.yaml").read_text(encoding="utf-8")
    folder = shell.config.parent / "profiles"
    folder.mkdir()
    (folder / "careful.yaml").write_text(text.replace("id: balanced", "id: careful") + "\npersonal: ask\n", "utf-8")
    return shell


def test_nothing_is_sent_before_it_is_said(careful: Shell) -> None:
    done = careful.run("ask", PROMPT, "--profile", "careful", "--json", code=1)
    assert done.out == ""
    (sentence,) = done.err.splitlines()
    assert "an e-mail address" in sentence
    assert "--personal send, mask or local" in sentence
    assert ADA not in sentence
    assert careful.run("history", "list", code=None).out.count(ADA) == 0


@pytest.mark.parametrize("choice", ["send", "mask", "local"])
def test_the_option_says_it(careful: Shell, choice: str) -> None:
    events = careful.run("ask", PROMPT, "--profile", "careful", "--personal", choice, "--json", code=None).events
    assert events[0]["request"]["personal"] == choice
    assert events[-1]["type"] == "TurnFinished"
    (found,) = [event for event in events if event["type"] == "Prechecked"]
    said = {"send": "as you said", "mask": "placeholders", "local": "kept on this machine"}[choice]
    assert said in found["findings"][0]["action"]


def test_an_earlier_prompt_of_the_chat_counts(careful: Shell) -> None:
    careful.run("ask", PROMPT, "--profile", "careful", "--personal", "mask", "--chat", "c1", code=None)
    done = careful.run("ask", "And who is she?", "--profile", "careful", "--chat", "c1", code=1)
    assert "an e-mail address" in done.err


def test_other_words_are_refused(careful: Shell) -> None:
    assert "--personal" in careful.run("ask", PROMPT, "--personal", "no", code=2).err
