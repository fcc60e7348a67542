"""The services and local servers that Pointsman knows by name: where they live and how each differs, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Service:
    """A hosted service.

    `key` is the environment variable of its key, `key_page` where a person gets one. `refuses` are fields of an
    OpenAI-compatible call that it answers with an error. A `catalogue` offers models of many makers, far more than
    anybody wants to choose from.
    """

    name: str
    key: str
    base_url: str
    key_page: str
    dialect: str = "openai"
    base_url_variable: str | None = None
    refuses: tuple[str, ...] = ()
    catalogue: bool = False


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A program on this machine that serves models, on its usual port. `host_variable` is the environment variable
    that says otherwise."""

    name: str
    title: str
    port: int
    dialect: str = "openai"
    host_variable: str | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}" + ("/v1" if self.dialect == "openai" else "")


SERVICES: tuple[Service, ...] = (
    Service(
        "openai",
        "OPENAI_API_KEY",
        "https://api.openai.com/v1",
        "https://platform.openai.com/api-keys",
        base_url_variable="OPENAI_BASE_URL",
    ),
    Service(
        "anthropic",
        "ANTHROPIC_API_KEY",
        "https://api.anthropic.com",
        "https://console.anthropic.com/settings/keys",
        dialect="anthropic",
        base_url_variable="ANTHROPIC_BASE_URL",
    ),
    Service(
        "gemini",
        "GEMINI_API_KEY",
        "https://generativelanguage.googleapis.com",
        "https://aistudio.google.com/apikey",
        dialect="gemini",
        base_url_variable="GOOGLE_GEMINI_BASE_URL",
    ),
    Service(
        "openrouter",
        "OPENROUTER_API_KEY",
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/keys",
        base_url_variable="OPENROUTER_BASE_URL",
        catalogue=True,
    ),
    Service("groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1", "https://console.groq.com/keys"),
    Service(
        "mistral",
        "MISTRAL_API_KEY",
        "https://api.mistral.ai/v1",
        "https://console.mistral.ai/api-keys",
        refuses=("stream_options", "seed", "logprobs", "top_logprobs"),
    ),
    Service(
        "deepseek",
        "DEEPSEEK_API_KEY",
        "https://api.deepseek.com/v1",
        "https://platform.deepseek.com/api_keys",
    ),
    Service(
        "together",
        "TOGETHER_API_KEY",
        "https://api.together.xyz/v1",
        "https://api.together.ai/settings/api-keys",
    ),
    Service("xai", "XAI_API_KEY", "https://api.x.ai/v1", "https://console.x.ai"),
    Service(
        "fireworks",
        "FIREWORKS_API_KEY",
        "https://api.fireworks.ai/inference/v1",
        "https://app.fireworks.ai/settings/users/api-keys",
    ),
    Service("cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1", "https://cloud.cerebras.ai"),
    Service("ollama-cloud", "OLLAMA_API_KEY", "https://ollama.com", "https://ollama.com/settings/keys", "ollama"),
)

LOCAL_SERVERS: tuple[LocalServer, ...] = (
    LocalServer("ollama", "Ollama", 11434, "ollama", "OLLAMA_HOST"),
    LocalServer("lmstudio", "LM Studio", 1234),
    LocalServer("llamacpp", "llama.cpp", 8080),
    LocalServer("vllm", "vLLM", 8000),
)

_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_DEPLOYMENT = re.compile(r"/openai/deployments/([^/?#]+)")

_BY_HOST = {urlsplit(service.base_url).hostname: service for service in SERVICES}
_BY_KEY = {service.key: service for service in SERVICES}


def service_at(base_url: str) -> Service | None:
    """The service that a base URL belongs to, by its host."""
    return _BY_HOST.get(host_of(base_url))


def service_of_key(key_name: str) -> Service | None:
    """The service whose key is read under this name."""
    return _BY_KEY.get(key_name)


def refused_by(base_url: str) -> tuple[str, ...]:
    """Fields of an OpenAI-compatible call that the service at this base URL answers with an error."""
    service = service_at(base_url)
    return service.refuses if service else ()


def is_azure(base_url: str) -> bool:
    """Whether Azure serves it: OpenAI's models, but with a header of its own for the key."""
    return host_of(base_url).endswith(_AZURE)


def only_model(base_url: str) -> str | None:
    """The one model that a base URL leads to: an Azure deployment, beside which there is no list."""
    found = _DEPLOYMENT.search(base_url) if is_azure(base_url) else None
    return unquote(found[1]) if found else None


def host_of(base_url: str) -> str:
    """The host alone; the whole text where there is none."""
    try:
        return urlsplit(base_url).hostname or base_url
    except ValueError:
        return base_url


def place_of(base_url: str) -> str:
    """The host, with the port where one is written: never a name or password in the URL."""
    try:
        port = urlsplit(base_url).port
    except ValueError:
        port = None
    return f"{host_of(base_url)}:{port}" if port else host_of(base_url)


def is_loopback(base_url: str) -> bool:
    """Whether a base URL never leaves this machine."""
    host = host_of(base_url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
