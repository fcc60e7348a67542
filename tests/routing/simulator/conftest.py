from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from routing.simulator import Simulator

README = """# Pointsman

A chat client for the terminal.

## Add a key or a local server

Set `OPENAI_API_KEY` in the environment and start again, or start Ollama.

## Keys on the keyboard

F1 opens the help, F2 the profiles.

## Profiles

A profile is a named policy file. F2 changes it from the next message on.
"""


@dataclass
class Client:
    """Speaks to a simulator as a program would."""

    simulator: Simulator
    http: httpx.AsyncClient

    def url(self, provider: str, path: str = "chat/completions") -> str:
        base = {entry["name"]: entry["base_url"] for entry in self.simulator.providers()}[provider]
        return f"{base}/{path}"

    async def post(self, provider: str, model: str, prompt: Any, **options: Any) -> httpx.Response:
        return await self.http.post(self.url(provider), json=body(model, prompt, **options))

    async def ask(self, model: str, prompt: str, provider: str = "", **options: Any) -> dict[str, Any]:
        """The first choice of a reply that is not streamed."""
        where = provider or ("sim-south" if model in ("handcar", "tram") else "sim-north")
        response = await self.post(where, model, prompt, **options)
        assert response.status_code == 200, response.text
        choice: dict[str, Any] = response.json()["choices"][0]
        return choice

    async def stream(self, provider: str, model: str, prompt: str, **options: Any) -> list[dict[str, Any]]:
        """The chunks of a whole stream; it must end with its marker."""
        options = {"stream_options": {"include_usage": True}} | options
        response = await self.post(provider, model, prompt, stream=True, **options)
        assert response.headers["content-type"].startswith("text/event-stream")
        *events, done, rest = response.text.split("\n\n")
        assert (done, rest) == ("data: [DONE]", "")
        return [json.loads(event.removeprefix("data: ")) for event in events]


def body(model: str, prompt: Any, **options: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": prompt}], **options}


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text(README, "utf-8")
    return tmp_path


@pytest.fixture
async def client(documents: Path) -> AsyncIterator[Client]:
    async with Simulator(speed=0, documents=documents) as simulator, httpx.AsyncClient() as http:
        yield Client(simulator, http)
