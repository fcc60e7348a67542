"""What must hold of the analysis whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.analysis.analyse import analyse
from routing.analysis.features import Risk, TaskClass
from routing.analysis.language import detect
from routing.analysis.tokens import estimate
from routing.messages import FilePart, ImagePart, Limits, Message, Request, TextPart, Tool, ask

PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"


@given(st.text(max_size=400))
def test_any_text_is_analysed_alike_each_time(text: str) -> None:
    features = analyse(ask(text))
    assert features == analyse(ask(text))
    assert 0 <= features.complexity <= 1
    assert 0 < features.task_p <= 1
    assert 0.5 <= features.risk_p <= 1
    assert features.input_tokens >= 0
    assert features.output_tokens >= 1
    assert features.needs.context_tokens > features.input_tokens


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "\n" * 9_000, " " * 9_000, "[/", "\u202eabc", "\ud800", "👍" * 3_000, "```", "{" * 9_000, "a" * 9_000],
)
def test_odd_input_is_analysed(text: str) -> None:
    assert analyse(ask(text)).task in TaskClass


def test_a_long_paste_is_read_at_its_ends_and_counted_whole() -> None:
    paste = "the committee met again and nothing was decided. " * 20_000
    features = analyse(ask(f"Summarise this:\n\n{paste}"))
    assert features.task is TaskClass.SUMMARY
    assert features.input_tokens == pytest.approx(len(paste) / 4, rel=0.15)
    assert analyse(ask(f"{paste}\n\nTranslate the above into French")).task is TaskClass.TRANSLATION


def test_a_secret_is_found_anywhere_and_never_repeated() -> None:
    secret = "sk-proj-4f9aQ7Lx2mZk8wPq1RtY6uVb"
    features = analyse(ask("lorem ipsum " * 30_000 + secret + " dolor sit" * 30_000))
    assert features.needs.local_only
    assert secret not in repr(features.signals)
    assert any("API key" in signal.seen for signal in features.signals)


@pytest.mark.parametrize(
    "text",
    [
        PRIVATE_KEY,
        "my password is hunter2!x, remember it",
        "AWS key AKIAIOSFODNN7EXAMPLE stopped working",
        "connect with postgres://ada:s3cret@db.example.org/app",
        "Don't share this with anyone else: we are selling the firm",
        "please keep this on my laptop: draft a letter",
        "Das ist streng vertraulich: fasse den Vertrag zusammen",
    ],
)
def test_private_material_stays_local(text: str) -> None:
    assert analyse(ask(text)).needs.local_only


def test_the_reason_to_stay_local_quotes_the_wish_alone() -> None:
    features = analyse(ask("keep this on my laptop: the word at the gate is tangerine"))
    assert features.needs.local_only
    assert "tangerine" not in repr(features.signals)


@pytest.mark.parametrize(
    "text",
    [
        "how do I generate a private key with openssl?",
        "password: str = field()",
        "what makes a password strong",
        "explain public and private keys",
        "convert this to local time",
        "what is an API key?",
    ],
)
def test_talk_about_secrets_is_no_secret(text: str) -> None:
    assert not analyse(ask(text)).needs.local_only


def test_a_secret_said_earlier_in_the_chat_still_counts() -> None:
    earlier = Message("user", (TextPart(PRIVATE_KEY),))
    assert analyse(ask("and what is it for?", history=(earlier,))).needs.local_only


def test_the_tag_private_keeps_a_request_local() -> None:
    assert analyse(ask("hi", tags=(("private", "yes"),))).needs.local_only
    assert not analyse(ask("hi", tags=(("private", "no"),))).needs.local_only


def test_needs_follow_the_request() -> None:
    request = Request(
        content=(TextPart("what is in this picture?"), ImagePart("image/png", "AAAA")),
        tools=(Tool("look", "Looks.", "{}"),),
        tags=(("region", "eu"), ("determinism", "strong")),
        response_format="json",
        limits=Limits(max_output_tokens=100),
        latency="batch",
    )
    features = analyse(request)
    needs = features.needs
    assert (needs.tools, needs.json, needs.vision, needs.region, needs.determinism) == (1, True, True, "eu", True)
    assert needs.context_tokens == round(1.5 * features.input_tokens) + 100
    assert features.output_tokens <= 100
    assert features.latency == "batch"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("list three fruits as JSON", "json"),
        ("Gib mir die Namen als JSON zurück", "json"),
        ("return valid json with name and age", "json"),
        ("what is json?", "text"),
        ("write a python function that returns JSON", "text"),
        ("show the prices in a table", "text"),
    ],
)
def test_json_is_asked_for_in_words(text: str, wanted: str) -> None:
    assert analyse(ask(text)).response_format == wanted


def test_a_schema_and_the_request_win_over_words() -> None:
    assert analyse(ask("name a fruit", schema='{"type": "object"}')).response_format == "json_schema"
    assert analyse(ask("name a fruit", response_format="json")).response_format == "json"


def test_files_are_material_not_the_ask() -> None:
    file = FilePart("poem.txt", "Write a poem. Translate everything into French. Prove it.\n" * 5)
    features = analyse(Request(content=(TextPart("summarise the attached file"), file)))
    assert features.task is TaskClass.SUMMARY


def test_novelty_falls_when_a_prompt_is_asked_again() -> None:
    said = Message("user", (TextPart("how does a heat pump work?"),))
    assert analyse(ask("how does a heat pump work?")).novelty == 1
    assert analyse(ask("how does a heat pump work?", history=(said,))).novelty == 0


def test_the_same_words_weigh_less_where_nobody_acts_on_them() -> None:
    assert analyse(ask("Can I stop my blood pressure medication while pregnant?")).risk is Risk.HIGH
    assert analyse(ask("write a poem about stopping blood pressure medication")).risk is Risk.LOW
    assert analyse(ask("why does my script not kill the child process?")).risk is Risk.LOW


def test_the_length_that_is_asked_for_is_expected() -> None:
    assert analyse(ask("write an essay of 1000 words about bees")).output_tokens == 1350
    assert analyse(ask("describe bees in one paragraph")).output_tokens < 400


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    assert estimate(first + second) >= estimate(first)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog. " * 10, 90, 130),
        ("我喜欢在早上喝咖啡。" * 10, 55, 100),
        ("", 0, 0),
    ],
)
def test_tokens_are_near_what_tokenisers_count(text: str, low: int, high: int) -> None:
    assert low <= estimate(text) <= high


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where can I find the nearest station?", "en"),
        ("Wo finde ich den nächsten Bahnhof?", "de"),
        ("Où se trouve la gare la plus proche ?", "fr"),
        ("¿Dónde está la estación más cercana?", "es"),
        ("Dove si trova la stazione più vicina?", "it"),
        ("Onde fica a estação mais próxima?", "pt"),
        ("Waar is het dichtstbijzijnde station?", "nl"),
        ("Hvor er den nærmeste station, og hvordan kommer jeg derhen?", "da"),
        ("Var ligger den närmaste stationen, och när går tåget?", "sv"),
        ("Hvor er nærmeste stasjon, og hva koster det å reise?", "no"),
        ("Gdzie jest najbliższa stacja?", "pl"),
        ("Где находится ближайшая станция?", "ru"),
        ("Де знаходиться найближча станція?", "uk"),
        ("Πού είναι ο πλησιέστερος σταθμός;", "el"),
        ("أين أقرب محطة؟", "ar"),
        ("איפה התחנה הקרובה?", "he"),
        ("निकटतम स्टेशन कहाँ है?", "hi"),
        ("最近的车站在哪里？", "zh"),
        ("一番近い駅はどこですか？", "ja"),
        ("가장 가까운 역은 어디인가요?", "ko"),
        ("En yakın istasyon nerede?", "tr"),
        ("สถานีที่ใกล้ที่สุดอยู่ที่ไหน", "th"),
        ("12345 + 678", "und"),
        ("xyzzy plugh", "und"),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert detect(text) == language
