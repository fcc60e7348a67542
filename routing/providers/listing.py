"""The cards of a server's list to models: what it says, completed from what is known. Pure, but slow the first time
(see `routing.registry.prices`). A card has the fields of OpenAI's list; the dialects bring the others into them.

Understood beside OpenAI's bare list: llama.cpp (`meta`), vLLM (`max_model_len`), LM Studio, OpenRouter (`pricing`,
`top_provider`, `supported_parameters`), Groq, Mistral, Together, Fireworks, Azure, what an Ollama passes on
(`remote_host`), and the object `pointsman`, in which a server may state the fields of the registry itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from routing.providers.contract import ProviderConfig
from routing.providers.known import host_of, is_loopback, service_at
from routing.providers.listed_price import listed_price
from routing.registry.families import complete, family_of
from routing.registry.ladders import narrow
from routing.registry.model import FREE, Model
from routing.registry.prices import list_terms
from routing.registry.terms import Terms, layered, read_terms

SOURCE = "server"
_CONSTRAINED = frozenset(("json", "json_schema", "logprobs"))
# What a program that serves models can do with any of them, by the `owned_by` that it writes.
_BY_OWNER: dict[str, Terms] = {
    "llamacpp": {"capabilities": _CONSTRAINED, "determinism": "seed"},
    "library": {"capabilities": _CONSTRAINED, "context_window": 4096, "determinism": "seed"},
    "vllm": {"capabilities": _CONSTRAINED, "determinism": "seed"},
    "organization_owner": {"capabilities": frozenset(("json", "json_schema"))},
}
_WINDOWS = ("n_ctx", "loaded_context_length", "max_model_len", "context_window", "context_length", "max_context_length")
_OUTPUTS = ("max_completion_tokens", "max_output_tokens")
_PARAMETERS = {
    "tools": "tools",
    "response_format": "json",
    "structured_outputs": "json_schema",
    "logprobs": "logprobs",
    "reasoning": "reasoning",
}
_HERE: Terms = {"price": FREE, "lifecycle": "managed"}  # nobody charges, and no maker shuts it down
_NEVER_LISTED = frozenset(("fixed_temperature",))
_NOT_CHAT = frozenset(("embedding", "embeddings", "image", "audio", "rerank", "moderation", "transcribe", "video"))
# Ollama makes the window that is asked for, and few machines have the memory for all that a model was made for. More
# is asked for where the Modelfile (`n_ctx`) or the user's models.yaml says so.
_MADE_ON_DEMAND = {"library": 8192}
_ROOM_FOR_OUTPUT = 4  # of a small window, which must hold both, a quarter is for the answer
_DEFAULT_MAX_OUTPUT = 4096
_BEYOND_SENSE = 10**15


def read_listing(cards: Iterable[dict[str, Any]], config: ProviderConfig) -> tuple[Model, ...]:
    """The models that chat, in the server's order. Of a catalogue, few of them stand on a tier."""
    models: dict[str, Model] = {}
    for card in cards:
        if isinstance(card.get("id"), str) and card["id"] and _chats(card):
            model = _model(card, config)
            models.setdefault(model.id, model)
    service = service_at(config.base_url)
    return narrow(tuple(models.values())) if service and service.catalogue else tuple(models.values())


def _model(card: dict[str, Any], config: ProviderConfig) -> Model:
    name = card["id"].removeprefix("models/")
    here = is_loopback(config.base_url) and not card.get("remote_host")
    extension = _object(card, "pointsman")
    stated, _ = read_terms(extension, SOURCE)
    listed = {} if is_loopback(config.base_url) else list_terms(name, config.base_url)
    owner = "" if card.get("remote_host") or service_at(config.base_url) else str(card.get("owned_by"))
    said = layered(("this machine", _HERE if here else {}), (SOURCE, _said(card, name, owner)), (SOURCE, stated))
    terms = complete(name, listed, said, _size(card), host_of(config.base_url))
    # Only a server on this machine may say that it keeps everything here, or that its dollars are not real.
    worked_out = {"local": here and terms.get("local", True)} | _fitted_output(terms)
    chosen = {"region": config.region} if config.region else {}
    terms = layered(("", terms), ("worked out", worked_out), ("config.yaml", chosen))
    simulated = config.simulated or (here and extension.get("simulated") is True)
    return Model(id=f"{config.name}/{name}", provider=config.name, name=name, simulated=simulated, **terms)


def _said(card: dict[str, Any], name: str, owner: str) -> Terms:
    """What a server says in words of its own. `owner` is the program that serves, empty for a hosted service."""
    shipped = _BY_OWNER.get(owner, {})
    stated = {
        "context_window": _first_size(card, _WINDOWS),
        "max_output": _first_size(card, _OUTPUTS),
        "price": listed_price(card.get("pricing"), SOURCE),
        "moderation": _moderation(card),
    }
    stated = {field: value for field, value in stated.items() if value}
    able = _able(card, name, shipped.get("capabilities", frozenset()))
    return layered(("shipped", shipped), (SOURCE, stated), ("assumed", _affordable(card, owner)), able)


def _able(card: dict[str, Any], name: str, shipped: frozenset[str]) -> tuple[str, Terms]:
    """Who says what the model can do, and what: the server alone where it lists every parameter, else all together."""
    said = {SOURCE: frozenset(_capabilities(card)), "shipped": shipped}
    family = family_of(name)
    known = family.terms.get("capabilities", frozenset()) if family else frozenset()
    said["family"] = known & _NEVER_LISTED if "supported_parameters" in card else known
    tellers = [source for source, capabilities in said.items() if capabilities]
    return ", ".join(tellers) or SOURCE, {"capabilities": frozenset().union(*said.values())}


def _moderation(card: dict[str, Any]) -> str | None:
    """OpenRouter's word on whether what a provider is asked and answers is looked through."""
    moderated = _object(card, "top_provider").get("is_moderated")
    return {True: "provider", False: "none"}[moderated] if isinstance(moderated, bool) else None


def _affordable(card: dict[str, Any], owner: str) -> Terms:
    """The window to ask for where the program makes it on demand, if that is less than the model was made for."""
    most, longest = _MADE_ON_DEMAND.get(owner), _first_size(card, _WINDOWS)
    if most is None or longest is None or longest <= most or _first_size(card, _WINDOWS[:1]):
        return {}
    return {"context_window": most}


def _first_size(card: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of these numbers of tokens that the card, or an object inside it, has."""
    places = (card, _object(card, "meta"), _object(card, "top_provider"))
    values = (place.get(name) for name in names for place in places)
    return next((value for value in values if _is_size(value)), None)


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _BEYOND_SENSE


def _fitted_output(terms: Terms) -> Terms:
    """The longest answer where nobody states it, or where what is stated would leave no room for the input."""
    window = int(terms.get("context_window", Model.__dataclass_fields__["context_window"].default))
    stated = terms.get("max_output", _DEFAULT_MAX_OUTPUT)
    fitting = int(stated) if stated < window else max(1, window // _ROOM_FOR_OUTPUT)
    return {} if fitting == terms.get("max_output") else {"max_output": fitting}


def _capabilities(card: dict[str, Any]) -> Iterator[str]:
    for parameter in _words(card, "supported_parameters") & _PARAMETERS.keys():
        yield _PARAMETERS[parameter]
    if "image" in _words(_object(card, "architecture"), "input_modalities"):
        yield "vision"
    flags = _object(card, "capabilities")
    if flags.get("function_calling") or card.get("supports_tools") or "tool_use" in _words(card, "capabilities"):
        yield "tools"
    if flags.get("vision") or card.get("supports_image_input") or card.get("type") == "vlm":
        yield "vision"
    if flags.get("reasoning"):
        yield "reasoning"


def _chats(card: dict[str, Any]) -> bool:
    family = family_of(card["id"])
    if "pointsman" not in card and family and not family.chat:
        return False
    outputs = _words(_object(card, "architecture"), "output_modalities")
    if outputs and "text" not in outputs:
        return False
    flags = _object(card, "capabilities")
    said_not = (card.get("supports_chat"), flags.get("completion_chat"), flags.get("chat_completion"))
    return str(card.get("type")) not in _NOT_CHAT and not any(said is False for said in said_not)


def _object(card: dict[str, Any], name: str) -> dict[str, Any]:
    value = card.get(name)
    return value if isinstance(value, dict) else {}


def _words(card: dict[str, Any], name: str) -> frozenset[str]:
    value = card.get(name)
    return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()


def _size(card: dict[str, Any]) -> float | None:
    count = _object(card, "meta").get("n_params")
    return float(count) if _is_size(count) else None
