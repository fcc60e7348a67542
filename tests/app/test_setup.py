"""Setting up: providers that come late, one call of each, a key that is entered, tiers that are accepted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from textual.events import Paste, Resize
from textual.geometry import Size

from app.screens.key import KeyScreen
from app.screens.secret import SecretField
from app.screens.setup import SetupScreen, SetupView
from app.setup.entries import Entry
from app.sources import Checked, Said
from routing import events as ev
from routing.providers.contract import ProviderConfig
from routing.providers.discovery import Found
from routing.providers.keys import FILE_NAME, Key
from routing.registry.model import Model, Registry
from tests.app.driving import QUICK, Driver, driven
from tests.routing.providers.test_keeping_keys import FakeKeyring, install
from tests.wire.chat import ChatServer, chat_server
from tests.wire.gated import gated_server

SECRET = "sk-planted-3f9c1d"


def picture(driver: Driver) -> str:
    """All cells of the screen as text."""
    lines = driver.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)


async def seen(driver: Driver, *words: str) -> None:
    """Wait for words on the screen."""
    try:
        await driver.until(lambda: all(one in picture(driver) for one in words))
    except TimeoutError:
        raise AssertionError(f"{words}\n{picture(driver)}") from None


@asynccontextmanager
async def on_setup(home: Path, config: str = "", size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    if config:
        (home / "config.yaml").write_text(config)
    async with driven(home, size=size) as driver:
        await driver.press("f8")
        await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
        await driver.pilot.pause()
        yield driver


def answering(chat: ChatServer) -> ChatServer:
    chat.say("ready", end=True)
    return chat


# Late providers


async def test_a_slow_list_holds_nobody_back_and_joins_when_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.opening._PATIENCE_S", 0.01)
    async with chat_server() as chat, gated_server() as slow:
        quick = chat.config.removesuffix("}\n")
        (tmp_path / "config.yaml").write_text(
            f"{quick}, slow: {{base_url: 'http://127.0.0.1:{slow.port}/v1'}}, dead: {{base_url: 'http://127.0.0.1:9/v1'}}}}\n"
        )
        async with driven(tmp_path) as driver:
            answering(chat)
            await driver.ask("What is 2+3?")
            assert "ready" in driver.rows
            assert {model.provider for model in driver.runtime.sources.registry.models} == {"here"}
            slow.opened.set()
            await driver.until(lambda: driver.runtime.router.setup.registry.get("slow/gpt-4o"))
            await driver.send("/model slow/gpt-4o")
            await driver.told("Pinned slow/gpt-4o")


async def test_without_any_quick_list_the_first_answer_waits_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.opening._PATIENCE_S", 0.01)
    async with gated_server() as slow:
        (tmp_path / "config.yaml").write_text(f"providers: {{slow: {{base_url: 'http://127.0.0.1:{slow.port}/v1'}}}}\n")
        async with driven(tmp_path, ready=False) as driver:
            await driver.pilot.pause()
            assert driver.app.runtime is None
            slow.opened.set()
            await driver.ready()
            assert driver.runtime.sources.registry.get("slow/gpt-4o")


async def test_leaving_while_a_list_is_still_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.opening._PATIENCE_S", 0.01)
    async with chat_server() as chat, gated_server() as slow:
        quick = chat.config.removesuffix("}\n")
        (tmp_path / "config.yaml").write_text(f"{quick}, slow: {{base_url: 'http://127.0.0.1:{slow.port}/v1'}}}}\n")
        async with driven(tmp_path) as driver:
            await driver.press("ctrl+q")
            await driver.until_left()
            assert driver.app.return_code == 0


async def test_a_key_that_is_entered_while_a_list_is_awaited_is_not_undone_by_that_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.opening._PATIENCE_S", 0.01)
    (tmp_path / FILE_NAME).write_text("SLOW_KEY=old\n")
    (tmp_path / FILE_NAME).chmod(0o600)
    async with chat_server() as chat, gated_server() as slow:
        quick = chat.config.removesuffix("}\n")
        config = f"{quick}, slow: {{base_url: 'http://127.0.0.1:{slow.port}/v1', key: SLOW_KEY}}}}\n"
        async with on_setup(tmp_path, config) as driver:
            await seen(driver, "… slow")
            slow.holds = False
            await driver.press("down", "k", *"new", "enter")
            await driver.until(lambda: driver.runtime.router.setup.registry.get("slow/gpt-4o"))
            slow.opened.set()
            await driver.until(lambda: not any(one.group == "late" and one.is_running for one in driver.app.workers))
            assert driver.runtime.router.setup.registry.get("slow/gpt-4o")
            assert not any("does not accept" in toast for toast in driver.toasts)


async def test_of_two_registries_made_at_once_the_newer_stays(tmp_path: Path) -> None:
    async with chat_server() as chat:
        (tmp_path / "config.yaml").write_text(chat.config)
        async with driven(tmp_path) as driver:
            sources, (checked,) = driver.runtime.sources, driver.runtime.sources.checked
            sources.said = cast("Said", Overtaken(sources.said))
            older = asyncio.create_task(sources.rebuild())
            await driver.until(lambda: older.get_coro().cr_await)
            (model,) = checked.models
            sources.checked = (replace(checked, models=(model, replace(model, id="here/new", name="new"))),)
            await sources.rebuild()
            await older
            assert sources.registry.get("here/new")


class Overtaken:
    """Makes the first registry slowly: only after the second, if that one does not wait for it."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._first = True
        self._second = threading.Event()

    def registry(self, listed: Sequence[Model], *, tiered: bool) -> Registry:
        if self._first:
            self._first = False
            self._second.wait(0.3)
        else:
            self._second.set()
        return self._said.registry(listed, tiered=tiered)


# The screen


@pytest.mark.parametrize("key", ["f7", "f8"])
async def test_a_screen_that_is_left_while_the_terminal_changes_its_size(tmp_path: Path, key: str) -> None:
    async with driven(tmp_path) as driver:
        for steps in range(8):  # of the event loop, between the one and the other
            await driver.press(key)
            await driver.until(lambda: len(driver.app.screen_stack) == 2)
            screen = driver.app.screen
            size = Size(80, 24 + steps)
            screen.post_message(Resize(size, size))
            for _ in range(steps):
                await asyncio.sleep(0)
            driver.app.pop_screen()
            screen.post_message(Resize(size, size))
            await driver.until(lambda screen=screen: not screen.is_running)


async def test_a_screen_that_is_asked_for_twice_opens_once(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        driver.app.action_setup()
        await driver.app.workers.wait_for_complete([driver.app.action_setup()])
        await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
        assert len(driver.app.screen_stack) == 2


async def test_what_is_told_before_the_screen_is_there_is_on_it(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        screen = SetupScreen(SetupView(()))
        config = ProviderConfig("late", "http://127.0.0.1:9/v1")
        pushed = driver.app.push_screen(screen)
        screen.show(SetupView((Entry(config, Checked(config, "a server on a port")),)))
        await pushed
        await seen(driver, "○ late", "a server on a port")


async def test_a_file_that_was_broken_meanwhile_is_told(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("models: {'here/*': {tier: mid}}\n")
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("escape")
        (tmp_path / "models.yaml").write_text("modells: {}\n")
        await driver.press("f8")
        await driver.told("modells")
        await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
        await seen(driver, "○ here")


async def test_offline_no_service_is_offered(tmp_path: Path) -> None:
    async with driven(tmp_path, replace(QUICK, offline=True)) as driver:
        await driver.press("f8")
        await seen(driver, "○ sim-north")
        assert "OPENAI_API_KEY" not in picture(driver)


async def test_simulated_only_lists_services_and_where_their_keys_are(tmp_path: Path) -> None:
    async with on_setup(tmp_path) as driver:
        shown = picture(driver)
        assert "simulated models answer" in shown
        assert "https://platform.openai.com/api-keys" in shown
        assert "w writes them" not in shown
        await driver.press("w")
        await driver.told("There are no tiers to write")
        assert not (tmp_path / "config.yaml").exists()


async def test_each_provider_is_called_once_and_the_call_is_in_the_ledger(tmp_path: Path) -> None:
    async with chat_server() as chat:
        price = "models:\n  'here/*': {price: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}}\n"
        (tmp_path / "models.yaml").write_text(price)
        dead = f"{chat.config.removesuffix('}' + chr(10))}, dead: {{base_url: 'http://127.0.0.1:9/v1'}}}}\n"
        async with on_setup(tmp_path, dead) as driver:
            answering(chat)
            await driver.press("a")
            await seen(
                driver, "✓ here", "gpt-4o-mini answered in", "for <$0.0001", "✗ dead", "Cannot reach 127.0.0.1:9"
            )
            assert chat.asked == 1
            started = [
                event
                for turn in await asyncio.to_thread(turns_of, driver)
                for event in driver.events(turn)
                if isinstance(event, ev.AttemptStarted)
            ]
            assert [(one.model, one.purpose) for one in started] == [("here/gpt-4o-mini", "drill")]
            assert driver.app.spending is not None
            assert driver.app.spending.day_nusd > 0
            await driver.press("escape")
            assert driver.app.conversation.turns == []
            assert "today <$0.0001" in driver.header


def turns_of(driver: Driver) -> list[str]:
    return [row[0] for row in driver.runtime.store.read(lambda db: db.execute("SELECT id FROM turn").fetchall())]


async def test_a_provider_that_was_left_alone_is_called_again(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.until(lambda: driver.runtime.sources.registry.models)
        chat.key = SECRET
        await driver.press("enter")
        await seen(driver, "✗ here", "gpt-4o-mini did not answer")
        assert driver.runtime.router.observed.breakers.open("here")
        chat.key = None
        answering(chat)
        await driver.press("enter")
        await seen(driver, "✓ here", "gpt-4o-mini answered in")


async def test_leaving_the_screen_changes_nothing(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        assert "w writes them to config.yaml" in picture(driver)
        await driver.press("down", "escape")
        assert (tmp_path / "config.yaml").read_text() == chat.config
        assert chat.asked == 0


async def test_a_server_that_started_later_is_found_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat_server() as chat, on_setup(tmp_path) as driver:
        await driver.press("r")
        await driver.told("Nothing new was found")

        async def found(*_: object, **__: object) -> list[Found]:
            return [Found(ProviderConfig("late", f"http://127.0.0.1:{chat.port}/v1"), "a server on a port")]

        monkeypatch.setattr("app.sources.discover", found)
        await driver.press("r")
        await driver.told("Found late")
        await seen(driver, "○ late", "a server on a port", "small   late/gpt-4o-mini")


async def test_looking_again_shows_who_is_gone_and_who_is_back(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "○ here", "its models are known")
        chat.page = b"<p>gone</p>"
        await driver.press("r")
        await seen(driver, "✗ here")
        assert not driver.runtime.router.setup.registry.models
        chat.page = None
        await driver.press("r")
        await seen(driver, "○ here")


async def test_a_server_that_was_down_at_the_start_is_asked_again_until_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controls.setup.REVIVE_S", 0.02)
    async with chat_server(page=b"<p>starting</p>") as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "✗ here")
        chat.page = None
        await driver.told("here answers now")
        await seen(driver, "○ here")
        assert driver.runtime.router.setup.registry.models


async def test_looking_again_leaves_simulated_models_be(tmp_path: Path) -> None:
    async with on_setup(tmp_path) as driver:
        await driver.press("r")
        await driver.told("Nothing new was found")
        assert driver.runtime.sources.simulated


# Entering a key


async def test_a_key_that_is_entered_is_hidden_kept_and_used_at_once(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "✗ here", "TEST_KEY")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, KeyScreen))
        await driver.press(*SECRET)
        assert "•" * len(SECRET) in picture(driver)
        assert "planted" not in driver.app.export_screenshot()
        answering(chat)
        await driver.press("enter")
        await seen(driver, "✓ here", "gpt-4o-mini answered in")
        kept = tmp_path / FILE_NAME
        assert kept.read_text() == f"TEST_KEY={SECRET}\n"
        assert kept.stat().st_mode & 0o777 == 0o600
        await driver.press("escape")
        answering(chat)
        await driver.ask("What is 2+3?")
        assert "ready" in driver.rows


async def test_where_a_keyring_is_installed_the_user_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = FakeKeyring()
    install(monkeypatch, keyring)
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("k")
        await seen(driver, "● the system's keyring", "○ ")
        answering(chat)
        await driver.press(*SECRET, "enter")
        await driver.told("Kept as TEST_KEY in the system keyring.")
        await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
        assert keyring.kept == {("pointsman", "TEST_KEY"): SECRET}
        assert not (tmp_path / FILE_NAME).exists()
        await seen(driver, "✓ here", "with TEST_KEY in the system keyring")
        await driver.press("k", "down", *SECRET)
        answering(chat)
        await driver.press("enter")
        await driver.told("but TEST_KEY in the system keyring is read first at the next start")
        await seen(driver, "✓ here", "with TEST_KEY in", "keys.env")


async def test_a_key_that_is_refused_is_not_kept_and_the_field_stays(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("k", *"wrong", "enter")
        await seen(driver, "✗ here does not accept the key read from this field", "Esc leaves")
        assert isinstance(driver.app.screen, KeyScreen)
        assert driver.app.screen.query_one(SecretField).value == ""
        assert not (tmp_path / FILE_NAME).exists()
        answering(chat)
        await driver.press(*SECRET, "enter")
        await seen(driver, "✓ here")
        assert (tmp_path / FILE_NAME).read_text() == f"TEST_KEY={SECRET}\n"


async def test_a_refused_key_takes_nothing_from_one_that_works(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f"TEST_KEY={SECRET}\n")
    (tmp_path / FILE_NAME).chmod(0o600)
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("k", *"wrong", "enter")
        await seen(driver, "✗ here does not accept the key")
        await driver.press("escape")
        await seen(driver, "○ here", "with TEST_KEY in", "keys.env")
        answering(chat)
        await driver.press("enter")
        await seen(driver, "✓ here")
        assert (tmp_path / FILE_NAME).read_text() == f"TEST_KEY={SECRET}\n"


async def test_a_key_that_only_a_call_refuses_is_not_kept(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        chat.open_list = True
        await driver.press("k", *"wrong", "enter")
        await seen(driver, "✗ here does not accept the key read from this field")
        assert not (tmp_path / FILE_NAME).exists()


async def test_the_place_of_a_key_is_that_of_the_one_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path) as driver:
        config = ProviderConfig("here", f"http://127.0.0.1:{chat.port}/v1", key="TEST_KEY")

        async def found(*_: object, **__: object) -> list[Found]:
            where = "TEST_KEY in the environment"
            return [Found(config, where, Key("wrong", where))]

        monkeypatch.setattr("app.sources.discover", found)
        await driver.press("r")
        await driver.until(lambda: driver.runtime.sources.keys.get("here"))
        checked = driver.runtime.sources.checked[-1]
        driver.app.enter_key(Entry(checked.config, checked))
        await driver.until(lambda: isinstance(driver.app.screen, KeyScreen))
        answering(chat)
        await driver.press(*SECRET, "enter")
        await seen(driver, "✓ here", f"1 model · TEST_KEY in {tmp_path}")
        assert "TEST_KEY in the environment" not in picture(driver)


async def test_a_wrong_key_says_which_where_it_was_read_and_where_to_get_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("TEST_KEY=wrong\n")
    (tmp_path / FILE_NAME).chmod(0o600)
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "✗ here")
        await driver.press("escape")
        shown = " ".join(driver.text("#empty").split())
        assert f"read from TEST_KEY in {tmp_path / FILE_NAME}: get another" in shown
        assert "F8 takes a key" in shown
        assert "Your own models answer" not in shown
        assert driver.toasts == []


async def test_what_is_no_key_is_told_and_another_try_is_free(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("k", *"two", "space", *"words", "enter")
        await seen(driver, "That is no key", "Esc leaves")
        await driver.press("ctrl+u", "enter")
        await seen(driver, "No key was entered")
        await driver.press("escape")
        assert isinstance(driver.app.screen, SetupScreen)
        assert not (tmp_path / FILE_NAME).exists()


async def test_a_key_that_is_entered_is_used_before_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", "wrong")
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "✗ here", f"· http://127.0.0.1:{chat.port}/v1", "takes a key here.")
        await driver.press("enter")
        await seen(driver, "TEST_KEY of the environment is read first", f"It goes to http://127.0.0.1:{chat.port}")
        answering(chat)
        await driver.press(*SECRET, "enter")
        await driver.told("used now, but TEST_KEY in the environment is read first at the next start.")
        await seen(driver, "✓ here")
        assert (tmp_path / FILE_NAME).read_text() == f"TEST_KEY={SECRET}\n"


def of_openai(config: str) -> str:
    return config.replace("TEST_KEY", "OPENAI_API_KEY")


async def test_a_server_of_ones_own_has_no_page_for_keys(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, of_openai(chat.config)) as driver:
        await seen(driver, "✗ here")
        await driver.press("k")
        await seen(driver, "The key of here", "It goes to http://127.0.0.1")
        assert "platform.openai.com" not in picture(driver)


async def test_a_service_is_named_with_the_command(tmp_path: Path) -> None:
    async with driven(tmp_path) as driver:
        await driver.send("/key groq")
        await driver.until(lambda: isinstance(driver.app.screen, KeyScreen))
        await seen(driver, "The key of groq", "● ")
        await driver.press("escape")
        await seen(driver, "+ groq")
        assert isinstance(driver.app.screen, SetupScreen)
        assert driver.app.screen.lit is not None
        assert driver.app.screen.lit.name == "groq"
        await driver.press("escape")
        await driver.send("/key grok")
        await driver.told("Nothing called 'grok' takes a key here. What does: openai, anthropic")


async def test_a_secret_is_pasted_rubbed_out_and_never_selected(tmp_path: Path) -> None:
    async with chat_server(key=SECRET) as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("k")
        await driver.until(lambda: isinstance(driver.app.screen, KeyScreen))
        field = driver.app.screen.query_one(SecretField)
        await driver.pilot.pause()
        field.post_message(Paste(f" {SECRET}x\n"))
        await driver.until(lambda: field.value == f"{SECRET}x")
        await driver.press("backspace")
        assert field.value == SECRET
        assert SECRET not in repr(field)
        assert not field.allow_select


# Real models in place of simulated ones


async def test_the_first_real_key_ends_the_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from routing.providers.known import Service

    async with chat_server(key=SECRET) as chat:
        service = Service("here", "TEST_KEY", f"http://127.0.0.1:{chat.port}/v1", "https://example.org/keys")
        monkeypatch.setattr("app.setup.entries.SERVICES", (service,))
        async with driven(tmp_path) as driver:
            assert "simulated" in driver.header
            await driver.send("/key")
            await driver.until(lambda: isinstance(driver.app.screen, SetupScreen))
            await driver.press("enter", *SECRET)
            answering(chat)
            await driver.press("enter")
            await seen(driver, "✓ here", "small   here/gpt-4o-mini")
            assert "sim-north" not in picture(driver)
            await driver.press("escape")
            assert "simulated" not in driver.header
            answering(chat)
            turn = await driver.ask("What is 2+3?")
            assert driver.app.conversation.trace(turn).attempts[0].model == "here/gpt-4o-mini"


# Tiers


async def test_accepted_tiers_are_written_and_in_force(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        await driver.press("w")
        await seen(driver, "✓ in force, from config.yaml")
        text = (tmp_path / "config.yaml").read_text()
        assert text.startswith(chat.config)
        assert "tiers:" in text
        (model,) = driver.runtime.router.setup.registry.models
        assert model.source_of("tier") == "config.yaml"
        await driver.press("u")
        await driver.told("each model stands on its own tier again")
        await seen(driver, "w writes them to config.yaml")
        assert (tmp_path / "config.yaml").read_text() == chat.config
        (model,) = driver.runtime.router.setup.registry.models
        assert model.source_of("tier") != "config.yaml"
        await driver.press("u")
        await driver.told("config.yaml has no tiers to take off.")


async def test_nothing_is_proposed_of_a_provider_whose_call_failed(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        await seen(driver, "small   here/gpt-4o-mini")
        chat.say(end=True)
        await driver.press("enter")
        await seen(driver, "✗ here", "They are proposed once a model of yours answers.")
        await driver.press("escape", "f7")
        await seen(driver, "last call failed")
        await driver.press("escape", "f8")
        answering(chat)
        await driver.press("enter")
        await seen(driver, "✓ here", "small   here/gpt-4o-mini")


async def test_a_tier_that_names_nothing_is_told_at_the_start(tmp_path: Path) -> None:
    async with chat_server() as chat:
        (tmp_path / "config.yaml").write_text(f"{chat.config}tiers: {{small: [here/gpt-4o-minni]}}\n")
        async with driven(tmp_path) as driver:
            await driver.told(
                "tier small names 'here/gpt-4o-minni', but no model is called so; write 'here/gpt-4o-mini'"
            )


async def test_a_config_with_mistakes_is_told_and_not_written(tmp_path: Path) -> None:
    async with chat_server() as chat, on_setup(tmp_path, chat.config) as driver:
        broken = chat.config + "profil: economy\n"
        (tmp_path / "config.yaml").write_text(broken)
        await driver.press("w")
        await driver.told("the key 'profil' is not known")
        assert (tmp_path / "config.yaml").read_text() == broken


# Warming


async def test_the_first_key_of_a_prompt_warms_who_would_be_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmed: list[str] = []
    async with chat_server() as chat:
        (tmp_path / "config.yaml").write_text(chat.config)
        async with driven(tmp_path) as driver:
            provider = driver.runtime.sources.providers["here"]

            async def warm() -> None:
                warmed.append(provider.config.name)

            monkeypatch.setattr(provider, "warm", warm)
            await driver.press("slash", "h", "backspace", "backspace")
            assert warmed == []
            await driver.press(*"hello")
            await driver.until(lambda: warmed == ["here"])
            answering(chat)
            await driver.press("enter")
            await driver.settle()
            assert warmed == ["here"]
            await driver.press("x")
            await driver.until(lambda: warmed == ["here", "here"])
