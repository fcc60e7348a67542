"""What each tier can do, and how it shows when one cannot."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.simulator.skills import SKILLS, listings, skill_table
from routing.simulator.skills.library import Library
from routing.simulator.skills.talk import beyond_skill
from routing.simulator.voice import split_tokens
from tests.routing.simulator.conftest import Client

SMALL = [
    ("hello", "Hello!"),
    ("Thank you!", "You are welcome."),
    ("who are you?", "simulated"),
    ("what is 17% of 2,340?", "= 397.8"),
    ("(3 + 4) * 12", "= 84"),
    ("what is 2 to the power of 10?", "1,024"),
    ("7 / 0", "divides by zero"),
    ("12 miles in km", "19.3121 km"),
    ("how many minutes are there in 3 hours?", "180 minutes"),
    ("convert 72 °F to °C", "22.22 °C"),
    ("how many days are between 2026-01-01 and 2026-03-15?", "73 days"),
    ("what date is 45 days after 3 May 2026?", "2026-06-17"),
    ("what date is 1 month after 2026-01-31?", "2026-02-28"),
    ("what day is 2026-11-20?", "Friday"),
    ("sort: pear, fig, apple", "apple, fig, pear"),
    ("sort descending: [3, 11, 2]", "[11, 3, 2]"),
    ("sort: [EMAIL-2], [EMAIL-1]", "[EMAIL-1], [EMAIL-2]"),
    ("remove the duplicates:\na\nb\na", "a\nb"),
    ("how many items: a, b, c", "3 items"),
    ("what is the average of these: 2, 4, 9", "5"),
    ("upper case: next stop", "NEXT STOP"),
    ('make a slug of "Crossing the Points"', "crossing-the-points"),
    ("count the words: one two three", "3 words"),
    ("reverse: abc", "cba"),
    ("how many miles is 42 km", "42 km = 26.0976 miles"),
    ("Make this title case: the old man and the sea", "The Old Man And The Sea"),
    ('convert to CSV: [{"stop": "Ulm", "km": 94}]', "stop,km\nUlm,94"),
    ("convert to JSON:\nstop,km\nUlm,94", '"km": 94'),
    ('what is the city in {"a": {"city": "Ulm"}}', "Ulm"),
    ("a short title for: the night train to Lisbon is late again", "Night train Lisbon late again"),
]
PARAGRAPH = (
    "Summarise in one sentence:\nThe pointsman sets the points for every train. Birds sing in the trees. "
    "Trains wait until the pointsman has set the points."
)
MID = [
    ("how do I add my key?", "Set `OPENAI_API_KEY` in the environment"),
    ("How do I add my own key?", "Set `OPENAI_API_KEY` in the environment"),
    ("What is a profile in Pointsman?", "named policy file"),
    (
        PARAGRAPH,
        "The pointsman sets the points for every train.",
    ),
    ("key points of: Trains run on rails. The rails are made of steel by hand.", "- The rails are made of steel"),
    ("extract name, email and date as JSON: Ada Lovelace, ada@example.org, 3 May 2026", '"date": "2026-05-03"'),
    ("list the email addresses in: write to a@b.co or c@d.org", "- a@b.co\n- c@d.org"),
    ("extract number, email and iban as JSON: 7 for [EMAIL-1], [IBAN-1]", '"number": 7,\n  "email": "[EMAIL-1]"'),
    ("extract phone and iban as JSON: call 030 1234567, DE89 3704 0044 0532 0130 00", '"phone": "030 1234567"'),
    ("extract email and iban as JSON: [EMAIL-1], [IBAN-1]", '"iban": "[IBAN-1]"'),
]
LARGE = [
    ("sort these, then make them upper case: pear, fig, apple", "APPLE, FIG, PEAR"),
    ("I buy 3 tickets at $12 each and 2 coffees at $3 each with a 10% discount. What do I pay?", "$37.80"),
    ("A train travels 60 km in 45 minutes, then 30 km in 15 minutes. What is its average speed?", "90 km/h"),
    ("Tom has 12 apples, gives 3 to Ann and buys 5 more. How many apples has he?", "answer is 14"),
    ("compare:\nA: price 10, weight 3\nB: price 8, weight 4", "price: least with B, most with A"),
    ("compare:\nx: a, b, c\ny: b, d, e", "In both: b"),
    ("write a Python function for fizzbuzz", "def fizzbuzz(n: int)"),
    ("write a function called turn that reverses a string", "def turn(text: str)"),
]
BEYOND = [
    "write a poem about the sea",
    "why is the sky blue?",
    "translate this to French: good day",
    "漢字とは",
    "\x00",
]
MODELS = {"small": ("handcar", "shunter"), "mid": ("railcar", "tram"), "large": ("express",)}


def mean_logprob(choice: dict) -> float:
    values = [entry["logprob"] for entry in choice["logprobs"]["content"]]
    return float(sum(values) / len(values))


@pytest.mark.parametrize(
    ("prompts", "able", "unable"),
    [
        (SMALL, ("small", "mid", "large"), ()),
        (MID, ("mid", "large"), ("small",)),
        (LARGE, ("large",), ("small", "mid")),
    ],
    ids=["small", "mid", "large"],
)
async def test_a_skill_is_mastered_from_its_tier_upwards(
    client: Client, prompts: list[tuple[str, str]], able: tuple[str, ...], unable: tuple[str, ...]
) -> None:
    for prompt, wanted in prompts:
        for tier in (*able, *unable):
            for model in MODELS[tier]:
                choice = await client.ask(model, prompt, logprobs=True)
                said, mean = choice["message"]["content"], mean_logprob(choice)
                if tier in able:
                    assert wanted in said, (model, prompt, said)
                    assert mean > -0.45, (model, prompt, mean)
                else:
                    assert wanted not in said, (model, prompt, said)
                    assert -3.2 < mean < -1.3, (model, prompt, mean)


@pytest.mark.parametrize("prompt", BEYOND)
async def test_beyond_all_skills_the_large_one_says_so_and_the_others_try(client: Client, prompt: str) -> None:
    assert (await client.ask("express", prompt))["message"]["content"] == beyond_skill()
    for model in ("handcar", "railcar"):
        choice = await client.ask(model, prompt, logprobs=True)
        assert mean_logprob(choice) < -1.3
        assert re.search(r"\b(perhaps|maybe|might|not sure|seems)\b", choice["message"]["content"], re.IGNORECASE)


def test_the_two_sentences_are_two() -> None:
    assert len(re.findall(r"\.(?:\s|$)", beyond_skill())) == 2


async def test_the_format_of_a_bad_try_is_broken(client: Client) -> None:
    said = (await client.ask("handcar", MID[4][0]))["message"]["content"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(said)
    said = (await client.ask("railcar", LARGE[6][0]))["message"]["content"]
    with pytest.raises(SyntaxError):
        ast.parse(said.partition("```python\n")[2].removesuffix("```"))


async def test_the_last_answer_is_what_them_means(client: Client) -> None:
    messages = [
        {"role": "user", "content": "sort: pear, fig, apple"},
        {"role": "assistant", "content": "apple, fig, pear"},
        {"role": "user", "content": "make them upper case"},
    ]
    response = await client.http.post(client.url("sim-south"), json={"model": "handcar", "messages": messages})
    assert response.json()["choices"][0]["message"]["content"] == "APPLE, FIG, PEAR"


async def test_every_example_of_the_table_is_answered_by_its_tier(client: Client) -> None:
    for skill in SKILLS:
        prompt = skill.example.replace("…", "The trains are late in the snow. Nobody in the station knows why.")
        choice = await client.ask(MODELS[skill.tier][0], prompt)
        assert not re.search(r"\b(perhaps|maybe|simulated model inside)\b", choice["message"]["content"], re.I), prompt
        assert f"| {skill.name} | {skill.tier} |" in skill_table()


async def test_without_documents_nothing_is_made_up() -> None:
    assert await Library([Path("/nonexistent")]).search("how do I add my key?", 2) == []


def test_the_package_loads_nothing_until_a_name_is_used_and_prints_its_table() -> None:
    heavy = "import sys, routing.simulator; print({'h11', 'yaml', 'asyncio', 'json'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
    command = [sys.executable, "-m", "routing.simulator.skills"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (ran.stdout.strip(), ran.stderr) == (skill_table(), "")


def test_the_code_it_shows_works() -> None:
    assert listings.fizzbuzz(5) == ["1", "2", "Fizz", "4", "Buzz"]
    assert listings.fizzbuzz(15)[-1] == "FizzBuzz"
    assert [n for n in range(20) if listings.is_prime(n)] == [2, 3, 5, 7, 11, 13, 17, 19]
    assert listings.fibonacci(7) == [0, 1, 1, 2, 3, 5, 8]
    assert listings.fibonacci(1) == [0]
    assert listings.factorial(5) == 120
    assert listings.is_palindrome("A man, a plan, a canal: Panama")
    assert listings.reverse("abc") == "cba"
    assert listings.word_count("a B a") == {"a": 2, "b": 1}
    assert listings.gcd(12, -18) == 6
    assert listings.flatten([1, [2, [3]]]) == [1, 2, 3]
    assert [listings.binary_search([1, 3, 5], n) for n in (1, 5, 4, 9)] == [0, 2, -1, -1]


@given(st.text())
def test_tokens_join_to_the_text(text: str) -> None:
    assert "".join(split_tokens(text)) == text
