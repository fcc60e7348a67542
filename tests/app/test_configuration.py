"""What can be wrong in `config.yaml`: each mistake with its line and what to write instead, and never a traceback."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli.main import cli
from app.settings import ProviderSettings, Settings, find_paths, parse_settings
from app.sources import Wanted, find_sources
from routing.errors import ConfigurationError, Problem
from routing.simulator import Simulator
from tests.app.driving import places
from tests.wire.chat import chat_server

SECRET = "sk-proj-Abc123Def456Ghi789Jkl012"


def provider(*lines: str) -> str:
    """A file with one provider; its own lines begin in line 3."""
    return "providers:\n  mine:\n" + "".join(f"    {line}\n" for line in lines)


URL = "base_url: http://127.0.0.1:9/v1"


def with_key(key: str) -> str:
    return provider(URL, f"key: {key}")


def with_url(url: str) -> str:
    return provider(f"base_url: {url}")


def with_header(header: str) -> str:
    return provider(URL, "headers:", f"  {header}")


def with_timeout(timeout: str) -> str:
    return provider(URL, "timeouts:", f"  {timeout}")


WRONG: list[tuple[str, int, str, str]] = [
    # the file
    ("profil: cascade", 1, "'profil' is not known", "'profile'"),
    ("[1, 2]", 1, "must hold keys", "profile"),
    ("just words", 1, "must hold keys", "profile"),
    ("profile: [a, b]", 1, "must be a word", ""),
    ('profile: ""', 1, "must be a word", ""),
    ("theme: 7", 1, "theme must be a word", ""),
    ('theme: "a\\x1b[31m"', 1, "theme must be a word", ""),
    ("profile: a\nprofile: b", 2, "stands here twice, first in line 1", "take one"),
    ("profile: *other", 1, "", "in quotes"),
    ("profile: !!python/object:os.system x", 1, "not allowed", ""),
    ("a: {b", 1, "not YAML", "bracket"),
    ("providers:\n\tmine: {}", 2, "", "spaces"),
    # caps
    ("caps: 2", 1, "'caps' must hold keys", "day_usd"),
    ("caps: {day: 2}", 1, "'day' is not known", "'day_usd'"),
    ("caps:\n  warn_at: 0.5", 2, "'warn_at' belongs into a profile", "under `caps` into a file in profiles/"),
    ("personal: mask", 1, "'personal' belongs into a profile", "write it into a file in profiles/"),
    ("caps: {day_usd: -1}", 1, "0 or more", "null"),
    ("caps: {day_usd: lots}", 1, "dollars", "2.00"),
    ("caps: {day_usd: true}", 1, "dollars", "2.00"),
    ("caps:\n  simulated_day_usd: [1]", 2, "dollars", "2.00"),
    # providers
    ("providers: [a]", 1, "by name", "base_url"),
    ("providers: {mine: http://x}", 1, "'mine' must hold keys", "dialect"),
    ("providers:\n  mine:", 2, "'mine' must hold keys", "dialect"),
    (f"providers:\n  a: {{{URL}}}\n  a: {{{URL}}}", 3, "'a' stands here twice, first in line 2", "another name"),
    (f"providers:\n  a b: {{{URL}}}", 2, "cannot name a provider", "letters"),
    (f"providers:\n  a/b: {{{URL}}}", 2, "cannot name a provider", "letters"),
    (f'providers:\n  "": {{{URL}}}', 2, "cannot name a provider", "letters"),
    (provider(URL, "url: http://x"), 4, "'url' is not known", "write"),
    (provider(URL, f"api_key: {SECRET}"), 4, "'api_key' is not known", "'key'"),
    (provider(URL, "dialect: opneai"), 4, "'opneai' is not spoken", "'openai'"),
    (provider(URL, "dialect: antropic"), 4, "'antropic' is not spoken", "'anthropic'"),
    (provider(URL, "dialect: soap"), 4, "'soap' is not spoken", "openai"),
    (provider(URL, "dialect: 3"), 4, "dialect must be a word", ""),
    (provider(URL, "region: [eu]"), 4, "region must be a word", ""),
    # addresses
    (provider("key: OPENAI_API_KEY"), 2, "base_url is missing", "https://api.openai.com/v1"),
    (provider("region: eu"), 2, "base_url is missing", "http://"),
    (with_url("localhost:11434/v1"), 3, "no scheme", "http://localhost:11434/v1"),
    (with_url("//127.0.0.1:8080/v1"), 3, "no scheme", "http://127.0.0.1:8080/v1"),
    (with_url("api.openai.com/v1"), 3, "no scheme", "https://api.openai.com/v1"),
    (with_url("ftp://host/v1"), 3, "'ftp'", "https://"),
    (with_url("http://"), 3, "no host", "HOST"),
    (with_url("http://host:port/v1"), 3, "host or port", "HOST:PORT"),
    (with_url("http://host:99999/v1"), 3, "host or port", "HOST:PORT"),
    (with_url("http://host:0/v1"), 3, "port 0", "HOST:PORT"),
    (with_url('"http://[::1/v1"'), 3, "host or port", "HOST:PORT"),
    (with_url(f"http://me:{SECRET}@host/v1"), 3, "a key or a password", "under 'key'"),
    (with_url(f"me:{SECRET}@host/v1"), 3, "a key or a password", "under 'key'"),
    (with_url(f"https://host/v1?a=b&key={SECRET}"), 3, "a key or a password", "under 'key'"),
    (with_url(f"host/v1?api_key={SECRET}"), 3, "a key or a password", "under 'key'"),
    (with_url('"http://host /v1"'), 3, "no address has", "without spaces"),
    (with_url('"http://host/v1#top"'), 3, "no address has", "#"),
    (with_url('"http://host\\n/v1"'), 3, "must be a word", ""),
    (with_url("8080"), 3, "must be a word", ""),
    # keys
    (with_key(SECRET), 4, "a key itself", "OPENAI_API_KEY"),
    (with_key("gsk_abcdefghijklmnop"), 4, "a key itself", "environment variable"),
    (with_key("AIzaSyA1234567890abcdefghij"), 4, "a key itself", "environment variable"),
    (with_key("0123456789abcdef0123456789abcdef"), 4, "a key itself", "environment variable"),
    (with_key("Bearer abc"), 4, "a key itself", "environment variable"),
    (with_key("[A, B]"), 4, "a key itself", "environment variable"),
    (with_key("12345678"), 4, "a key itself", "environment variable"),
    (with_key("${OPENAI_API_KEY}"), 4, "a name alone", "key: OPENAI_API_KEY"),
    # headers
    (provider(URL, "headers: x-team"), 4, "'headers' must hold", "x-team"),
    (with_header('x-team: "a\\nb: c"'), 5, "x-team holds a line break", "ASCII"),
    (with_header('x-team: "a\\r\\nb"'), 5, "x-team holds a line break", "ASCII"),
    (with_header("x-team: Zürich"), 5, "no header may", "ASCII"),
    (with_header("x-team: [a]"), 5, "x-team must be text", "quotes"),
    (with_header("x-team: true"), 5, "x-team must be text", "quotes"),
    (with_header("x-team:"), 5, "x-team must be text", "quotes"),
    (with_header("x team: a"), 5, "cannot name a header", "letters"),
    (with_header('"x:team": a'), 5, "cannot name a header", "letters"),
    (with_header('"x\\nteam": a'), 5, "cannot name a header", "letters"),
    (with_header(f"Authorization: Bearer {SECRET}"), 5, "carries the key", "'key'"),
    (with_header(f"x-api-key: {SECRET}"), 5, "carries the key", "'key'"),
    (with_header("Host: example.org"), 5, "set for each request", "take it out"),
    # timeouts, models, tiers
    (provider(URL, "timeouts: 20"), 4, "'timeouts' must hold keys", "connect_s"),
    (with_timeout("first_token: 20"), 5, "'first_token' is not known", "'first_token_s'"),
    (with_timeout("first_token_s: soon"), 5, "must be seconds", "20"),
    (with_timeout("idle_s: 0"), 5, "must be seconds", "20"),
    (with_timeout("total_s: -3"), 5, "must be seconds", "20"),
    (with_timeout("connect_s: true"), 5, "must be seconds", "20"),
    (with_timeout("connect_s:"), 5, "must be seconds", "20"),
    (provider(URL, "models: [a]"), 4, "'models' must hold", "tier"),
    (provider(URL, "models:", "  a: mid"), 5, "must hold fields", ""),
    (provider(URL, "models:", "  a: {teir: mid}"), 5, "'teir' is not known", "'tier'"),
    ("history: 90", 1, "'history' must hold keys", "keep_days"),
    ("history: {keep: 90}", 1, "'keep' is not known", "'keep_days'"),
    ("history:\n  keep_days: 0", 2, "keep_days must be days, 1 or more, not 0", "write 90"),
    ("history: {keep_days: true}", 1, "not True", "leave it out"),
    ("tiers: [a]", 1, "'tiers' must hold keys", "small"),
    ("tiers: {smal: [a]}", 1, "'smal' is not known", "'small'"),
    ("tiers:\n  small: a/b", 2, "'small' must list models", "small: ["),
    ("tiers:\n  small: [1]", 2, "is not a model", "glob"),
    ("tiers:\n  small: [a/b]\n  mid:\n  - c/d\n  - a/b", 5, "stands in 'small' already", "leave one"),
]


def problems_of(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(text, "config.yaml")
    assert SECRET not in str(caught.value)
    return [(problem.line, str(problem)) for problem in caught.value.problems]


@pytest.mark.parametrize(("text", "line", "what", "instead"), WRONG)
def test_a_mistake_is_told_with_its_line_and_remedy(text: str, line: int, what: str, instead: str) -> None:
    [(found, words)] = problems_of(text)
    assert found == line
    assert words.startswith(f"config.yaml:{line}: ")
    assert what in words
    assert instead in words
    assert words.isprintable()


def test_every_mistake_is_told_in_the_order_of_the_file() -> None:
    text = provider("base_url: host/v1", "key: sk-1", "dialect: x", "timeouts: {idle_s: no}") + "tiers: 3\n"
    assert [line for line, _ in problems_of(text)] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("command", [("check",), ("models",), ("ask", "hello"), ("explain", "hello")])
def test_a_command_says_it_in_one_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(with_url("localhost:11434/v1"), encoding="utf-8")
    result = CliRunner().invoke(cli, [*command, "--config", str(config), "--data-dir", str(tmp_path)])
    assert result.exit_code == 2
    remedy = "base_url 'localhost:11434/v1' has no scheme; write http://localhost:11434/v1"
    assert result.stderr == f"{config}:3: {remedy}\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"profile: \xe9", b"\x00"])
def test_a_file_that_is_no_text_is_told(content: bytes, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_bytes(content)
    result = CliRunner().invoke(cli, ["check", "--config", str(config), "--data-dir", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{config}: cannot be read: ")
    assert result.stderr.count("\n") == 1


def test_everything_that_a_provider_may_say_is_read() -> None:
    text = provider(
        "dialect: openai",
        "base_url: https://example.openai.azure.com/openai/v1?api-version=preview",
        "key: AZURE_API_KEY",
        "headers: {x-team: research, x-count: 3}",
        "region: eu",
        "timeouts: {first_token_s: 60, idle_s: 30.5}",
        'models: {gpt-4o: {tier: large}, "*": {region: eu}}',
    )
    settings = parse_settings(text + 'tiers: {small: [mine/a, "mine/b*"], large: [mine/gpt-4o]}\n', "config.yaml")
    assert settings.providers == (
        ProviderSettings(
            "mine",
            "https://example.openai.azure.com/openai/v1?api-version=preview",
            key="AZURE_API_KEY",
            key_at="config.yaml:5",
            headers=(("x-team", "research"), ("x-count", "3")),
            region="eu",
            timeouts=(("first_token_s", 60.0), ("idle_s", 30.5)),
            models=settings.providers[0].models,
        ),
    )
    assert [pattern for pattern, _ in settings.providers[0].models] == ["mine/gpt-4o", "mine/*"]
    assert settings.tiers == (("small", ("mine/a", "mine/b*")), ("large", ("mine/gpt-4o",)))


PAGE = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_what_the_page_about_providers_shows_can_be_read(text: str) -> None:
    settings = parse_settings(text, "config.yaml")
    assert settings.providers
    assert all(one.models for one in settings.providers if "models:" in text)


async def test_a_key_that_lies_nowhere_is_told_with_the_line_that_names_it(tmp_path: Path) -> None:
    paths = find_paths(str(tmp_path), str(tmp_path / "config.yaml"))
    async with chat_server(key="right") as chat:
        text = provider(f"base_url: http://127.0.0.1:{chat.port}/v1", "key: NO_SUCH_KEY")
        sources = await find_sources(paths, parse_settings(text, "config.yaml"), Wanted(environ={}))
        await sources.aclose()
    problem = sources.checked[0].problem
    assert problem is not None
    assert problem.startswith("config.yaml:4: mine wants a key: set NO_SUCH_KEY in the environment")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("providers", "tiers", "caps", "mine", "small", "base_url", "key", "headers", "timeouts"))
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_no_tree_breaks_the_reading(value: object) -> None:
    with suppress(ConfigurationError):
        parse_settings(yaml.safe_dump(value, allow_unicode=True), "config.yaml")


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    with suppress(ConfigurationError):
        parse_settings(text, "config.yaml")


async def test_nothing_stays_open_where_the_models_file_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Simulator] = []
    close = Simulator.aclose

    async def noted(self: Simulator) -> None:
        closed.append(self)
        await close(self)

    monkeypatch.setattr(Simulator, "aclose", noted)
    paths = places(tmp_path)
    paths.models.write_text("models: 7\n")
    with pytest.raises(ConfigurationError, match=r"models\.yaml"):
        await find_sources(paths, Settings(), Wanted(simulate=True))
    assert len(closed) == 1


def test_of_very_many_mistakes_the_first_are_told() -> None:
    problems = tuple(Problem("config.yaml", n, "is wrong.") for n in range(1, 20_001))
    error = ConfigurationError(problems)
    assert error.problems == problems
    told = str(error).splitlines()
    assert (len(told), told[0], told[-1]) == (21, "config.yaml:1: is wrong.", "and 19,980 more")
    assert len(str(ConfigurationError(problems[:20])).splitlines()) == 20
