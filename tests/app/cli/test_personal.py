"""`pointsman ask` under a profile that asks about personal data: there is nobody to ask, so the option says it."""

from __future__ import annotations

import json

import pytest

from tests.app.cli.conftest import ROOT, Shell

ADA = "ada.byron@analytical.org"
PROMPT = f"Write a short note to {ADA} about the meeting."


@pytest.fixture
def careful(shell: Shell) -> Shell:
    return _with_profile(shell, "careful", "ask")


@pytest.fixture
def masking(shell: Shell) -> Shell:
    return _with_profile(shell, "masking", "mask")


def _with_profile(shell: Shell, name: str, personal: str) -> Shell:
    text = (ROOT / "routing" / "policy" / "profiles" / "balanced.yaml").read_text(encoding="utf-8")
    folder = shell.config.parent / "profiles"
    folder.mkdir()
    text = f"{text.replace('id: balanced', f'id: {name}')}\npersonal: {personal}\n"
    (folder / f"{name}.yaml").write_text(text, "utf-8")
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
    careful.run("ask", PROMPT, "--profile", "careful", "--personal", "send", "--chat", "c1", code=None)
    done = careful.run("ask", "And who is she?", "--profile", "careful", "--chat", "c1", code=1)
    assert "an e-mail address" in done.err


def test_what_was_masked_stays_masked_under_every_profile(careful: Shell) -> None:
    careful.run("ask", PROMPT, "--profile", "careful", "--personal", "mask", "--chat", "c1", code=None)
    done = careful.run("ask", "And who is she?", "--profile", "balanced", "--chat", "c1", code=None)
    assert done.err.startswith("Personal data (an e-mail address): replaced by placeholders")
    assert "as earlier in this chat" in done.err.splitlines()[0]
    told = careful.run("ask", "And?", "--profile", "careful", "--personal", "send", "--chat", "c1", code=None).err
    assert "“send” does not count: the chat is stricter" in told.splitlines()[0]


def test_what_is_sent_as_it_is_is_told_first(shell: Shell) -> None:
    done = shell.run("ask", PROMPT, code=None)
    assert done.err.splitlines()[0] == "Personal data (an e-mail address): sent as it is."
    assert "Personal data" not in shell.run("ask", "What is 2+3?", code=None).err
    assert "Personal data" not in shell.run("ask", PROMPT, "--profile", "private", code=None).err


def test_an_option_that_the_profile_overrules_is_told_in_one_line(masking: Shell) -> None:
    done = masking.run("ask", PROMPT, "--profile", "masking", "--personal", "send", code=None)
    assert "“send” does not count: the profile is stricter" in done.err.splitlines()[0]
    quiet = masking.run("ask", PROMPT, "--profile", "masking", "--personal", "local", code=None)
    assert "does not count" not in quiet.err


def test_a_simulated_model_copies_placeholders_so_that_the_values_come_back(masking: Shell) -> None:
    task = "extract name, email and date as JSON: Ada Lovelace, ada@example.org, 3 May 2026"
    done = masking.run("ask", task, "--profile", "masking", "--model", "sim-north/express")
    assert "replaced by placeholders" in done.err.splitlines()[0]
    assert json.loads(done.out.strip().removeprefix("```json").removesuffix("```"))["email"] == "ada@example.org"


def test_explain_says_that_the_question_comes_first(careful: Shell) -> None:
    first, second, *rest = careful.run("explain", PROMPT, "--profile", "careful").out.splitlines()
    assert "an e-mail address" in first
    assert "until you say what may be done" in first
    assert "--personal send" in first
    chosen = careful.run("explain", PROMPT, "--profile", "careful", "--json").document["chosen"]
    assert chosen == careful.run("explain", PROMPT, "--json").document["chosen"]
    assert second == f"{chosen} is asked first."
    assert "may not leave this machine" not in "\n".join(rest)


def test_explain_names_what_is_sent(careful: Shell) -> None:
    assert careful.run("explain", PROMPT).out.startswith("Personal data (an e-mail address): sent as it is.")
    document = careful.run("explain", PROMPT, "--json").document["personal"]
    assert (document["kinds"], document["does"]) == (["an e-mail address"], "show")
    head, *rows = careful.run("explain", PROMPT, "--all-profiles").out.splitlines()
    done = {row.split()[0]: row for row in rows}
    assert "personal data" in head
    assert done["careful"].rstrip().endswith("asks first")
    assert done["private"].rstrip().endswith("stays here")
    assert "personal data" not in careful.run("explain", "hello", "--all-profiles").out


def test_other_words_are_refused(careful: Shell) -> None:
    assert "--personal" in careful.run("ask", PROMPT, "--personal", "no", code=2).err
