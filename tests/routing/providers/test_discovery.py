"""Keys that lie ready and servers that run here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from routing.errors import ConfigurationError
from routing.providers.discovery import discover, host_url
from routing.providers.keys import FILE_NAME, find_key
from routing.providers.known import SERVICES, LocalServer
from tests.marks import needs_modes
from tests.wire.server import Act, refusal, wire_server

LISTING = b'{"object":"list","data":[{"id":"m"}]}'


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


# ---------------------------------------------------------------- discovery
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_a_key_in_the_environment_is_found(service: object) -> None:
    (found,) = await discover({service.key: "sk-secret"}, servers=())
    assert found.config.name == service.name
    assert found.config.base_url == service.base_url
    assert found.key is not None
    assert found.key.value == "sk-secret"
    assert "sk-secret" not in repr(found) + repr(found.key)
    assert found.how == f"{service.key} in the environment"


async def test_nothing_is_found_where_nothing_is() -> None:
    async with wire_server() as gone:
        pass
    assert await discover({"OPENAI_API_KEY": "  "}, servers=(LocalServer("l", "L", gone.port),)) == ()


async def test_a_base_url_of_ones_own_replaces_the_services() -> None:
    (found,) = await discover({"OPENAI_BASE_URL": "http://127.0.0.1:4000/v1/"}, servers=())
    assert (found.config.base_url, found.key) == ("http://127.0.0.1:4000/v1", None)
    assert found.how == "OPENAI_BASE_URL in the environment"


@pytest.mark.parametrize(
    ("variable", "dialect"), [("ANTHROPIC_BASE_URL", "anthropic"), ("GOOGLE_GEMINI_BASE_URL", "gemini")]
)
async def test_a_service_is_spoken_to_in_its_own_dialect_wherever_it_is(variable: str, dialect: str) -> None:
    (found,) = await discover({variable: "http://127.0.0.1:4000"}, servers=())
    assert (found.config.name, found.config.dialect) == (dialect, dialect)


async def test_a_local_server_is_asked_and_found_once() -> None:
    async with wire_server(refusal(200, LISTING)) as wire:
        servers = (LocalServer("ollama", "Ollama", wire.port),)
        (found,) = await discover({}, servers=servers, timeout_s=5.0)
        (same,) = await discover({"OPENAI_BASE_URL": wire.base_url}, servers=servers, timeout_s=5.0)
    assert (found.config.name, found.config.base_url, found.key) == ("ollama", wire.base_url, None)
    assert found.how == f"Ollama on port {wire.port}"
    assert same.config.name == "openai"


OLLAMA = LocalServer("ollama", "Ollama", 11434, "ollama", "OLLAMA_HOST")


async def test_ollama_is_looked_for_where_its_variable_says() -> None:
    async with wire_server(refusal(200, b'{"models": []}')) as wire:
        (found,) = await discover({"OLLAMA_HOST": f"0.0.0.0:{wire.port}"}, servers=(OLLAMA,), timeout_s=5.0)
        named = {"OPENAI_BASE_URL": wire.base_url, "OLLAMA_HOST": f":{wire.port}"}
        (same,) = await discover(named, servers=(OLLAMA,), timeout_s=5.0)
    assert (found.config.base_url, found.config.dialect) == (f"http://127.0.0.1:{wire.port}", "ollama")
    assert found.how == f"Ollama at 127.0.0.1:{wire.port}, from OLLAMA_HOST in the environment"
    assert same.config.name == "openai"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8", "http://127.0.0.1:8"),
        ("[::]:8", "http://127.0.0.1:8"),
        ("[fe80::1]", "http://[fe80::1]:11434"),
        ("http://1.2.3.4", "http://1.2.3.4:80"),
        ("https://example.com", "https://example.com:443"),
        ("https://example.com:56789/path/", "https://example.com:56789/path"),
        ("example.com/path", "http://example.com:11434/path"),
        ("ftp://example.com", None),
        ("example.com:many", None),
        ("http://[::1", None),
    ],
)
def test_a_host_as_ollama_reads_it(text: str, url: str | None) -> None:
    assert host_url(text, 11434) == url


@pytest.mark.parametrize(
    "script",
    [
        (refusal(200, b"<html>", kind="text/html"),),
        (refusal(200, b'{"hello": "world"}'),),
        (refusal(200, b'["data"]'),),
        (refusal(404, LISTING),),
        (b"SSH-2.0\r\n",),
        (Act.STALL,),
        (Act.RESET,),
    ],
)
async def test_another_program_on_that_port_is_no_server_of_models(script: tuple[bytes | Act, ...]) -> None:
    async with wire_server(*script) as wire:
        assert await discover({}, servers=(LocalServer("l", "L", wire.port),), timeout_s=0.2) == ()


# ---------------------------------------------------------------- keys
def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    path = key_file(tmp_path, "# mine\n\nexport A_KEY = 'from-file'\nB_KEY=two=parts\n")
    found = find_key("A_KEY", {"A_KEY": "from-env"}, tmp_path)
    assert found is not None
    assert (found.value, found.where) == ("from-env", "A_KEY in the environment")
    found = find_key("A_KEY", {}, tmp_path)
    assert found is not None
    assert (found.value, found.where) == ("from-file", f"A_KEY in {path}")
    found = find_key("B_KEY", {}, tmp_path)
    assert found is not None
    assert found.value == "two=parts"
    assert find_key("C_KEY", {}, tmp_path) is None
    assert find_key("C_KEY", {}, tmp_path / "nowhere") is None


@needs_modes
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, "A_KEY=secret", mode)
    with pytest.raises(ConfigurationError) as caught:
        find_key("A_KEY", {}, tmp_path)
    assert f"chmod 600 {path}" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["sk-alone-on-a-line", "\udcff"])
def test_a_file_that_is_no_list_of_keys_is_said_without_repeating_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        find_key("A_KEY", {}, tmp_path)
    assert str(path) in str(caught.value)
    assert "sk-alone" not in str(caught.value)


def test_the_keyring_comes_between_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class LockedError(Exception):
        pass

    def get_password(service: str, name: str) -> str | None:
        if name == "LOCKED":
            raise LockedError
        return "from-keyring" if (service, name) == ("pointsman", "A_KEY") else None

    errors = SimpleNamespace(KeyringError=LockedError)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password, errors=errors))
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    key_file(tmp_path, "A_KEY=from-file\nLOCKED=from-file\nB_KEY=from-file")
    found = {name: find_key(name, {}, tmp_path) for name in ("A_KEY", "LOCKED", "B_KEY")}
    assert {name: key and key.value for name, key in found.items()} == {
        "A_KEY": "from-keyring",
        "LOCKED": "from-file",
        "B_KEY": "from-file",
    }
