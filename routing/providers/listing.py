"""The cards of a server's list to models: what it says, completed from what is known. Pure, but slow the first time
(see `routing.registry.prices`). A card has the fields of OpenAI's list; the dialects bring the others into them.

Understood beside OpenAI's bare list: llama.cpp (`meta`), vLLM (`max_model_len`), LM Studio, OpenRouter (`pricing`,
`top_provider`, `supported_parameters`), Groq, Mistral, Together, Fireworks, and the object `pointsman`, in which a
server may state the fields of the registry itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from routing.money import parse_usd
from routing.providers.contract import ProviderConfig
from routing.providers.known import is_loopback
from routing.registry.families import complete, family_of
from routing.registry.model import FREE, Model, Price
from routing.registry.prices import list_terms
from routing.registry.terms import Terms, merge, read_terms

SOURCE = "server"
_TOKENS_PER_MTOK = 1_000_000
# What a kind of server can do with any model, by the `owned_by` that it writes. Ollama cuts a longer context
# silently at its default.
_BY_OWNER: dict[str, Terms] = {
    "llamacpp": {"capabilities": frozenset(("json", "json_schema", "logprobs")), "determinism": "seed"},
    "library": {"capabilities": frozenset(("json", "logprobs")), "context_window": 4096, "determinism": "seed"},
    "vllm": {"capabilities": frozenset(("json", "json_schema", "logprobs")), "determinism": "seed"},
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
_NOT_CHAT = frozenset(("embedding", "embeddings", "image", "audio", "rerank", "moderation", "transcribe", "video"))
_ROOM_FOR_OUTPUT = 4  # of a small window, which must hold both, a quarter is for the answer
_DEFAULT_MAX_OUTPUT = 4096


def read_listing(cards: Iterable[dict[str, Any]], config: ProviderConfig) -> tuple[Model, ...]:
    """The models that chat, in the server's order."""
    models: dict[str, Model] = {}
    for card in cards:
        if isinstance(card.get("id"), str) and card["id"] and _chats(card):
            model = _model(card, config)
            models.setdefault(model.id, model)
    return tuple(models.values())


def _model(card: dict[str, Any], config: ProviderConfig) -> Model:
    name = card["id"].removeprefix("models/")
    here = is_loopback(config.base_url)
    extension = _object(card, "pointsman")
    stated, _ = read_terms(extension, SOURCE)
    listed = {} if here else list_terms(name, config.base_url)
    terms = complete(name, listed, merge(_said(card, name), stated), _size(card))
    terms.setdefault("region", config.region)
    terms["max_output"] = _max_output(terms)
    if here:
        terms.setdefault("price", FREE)
    # Only a server on this machine may say that it keeps everything here, or that its dollars are not real.
    terms["local"] = here and terms.get("local", True)
    simulated = config.simulated or (here and extension.get("simulated") is True)
    return Model(id=f"{config.name}/{name}", provider=config.name, name=name, simulated=simulated, **terms)


def _said(card: dict[str, Any], name: str) -> Terms:
    """What a server says in words of its own."""
    owner = _BY_OWNER.get(str(card.get("owned_by")), {})
    terms = dict(owner)
    capabilities = frozenset(_capabilities(card))
    if "supported_parameters" not in card:
        family = family_of(name)
        capabilities |= owner.get("capabilities", frozenset())
        capabilities |= family.terms.get("capabilities", frozenset()) if family else frozenset()
    stated = {
        "capabilities": capabilities,
        "context_window": _first_size(card, _WINDOWS),
        "max_output": _first_size(card, _OUTPUTS),
        "price": _price(card.get("pricing")),
    }
    return merge(terms, {field: value for field, value in stated.items() if value})


def _first_size(card: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of these numbers of tokens that the card, or an object inside it, has."""
    places = (card, _object(card, "meta"), _object(card, "top_provider"))
    values = (place.get(name) for name in names for place in places)
    return next((value for value in values if _is_size(value)), None)


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _max_output(terms: Terms) -> int:
    """What is stated, unless it would leave no room for the input."""
    window = int(terms.get("context_window", Model.__dataclass_fields__["context_window"].default))
    stated = terms.get("max_output", _DEFAULT_MAX_OUTPUT)
    return int(stated) if stated < window else max(1, window // _ROOM_FOR_OUTPUT)


def _capabilities(card: dict[str, Any]) -> Iterator[str]:
    for parameter in _words(card, "supported_parameters") & _PARAMETERS.keys():
        yield _PARAMETERS[parameter]
    if "image" in _words(_object(card, "architecture"), "input_modalities"):
        yield "vision"
    flags = _object(card, "capabilities")
    if flags.get("function_calling") or card.get("supports_tools"):
        yield "tools"
    if flags.get("vision") or card.get("supports_image_input"):
        yield "vision"


def _chats(card: dict[str, Any]) -> bool:
    family = family_of(card["id"])
    if "pointsman" not in card and family and not family.chat:
        return False
    outputs = _words(_object(card, "architecture"), "output_modalities")
    if outputs and "text" not in outputs:
        return False
    said_not = (card.get("supports_chat"), _object(card, "capabilities").get("completion_chat"))
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


def _price(pricing: object) -> Price | None:
    """OpenRouter's dollars for one token, as text; Together's for a million, as numbers."""
    if not isinstance(pricing, dict):
        return None
    try:
        if "prompt" in pricing:
            cached = pricing.get("input_cache_read")
            return Price(
                _per_token(pricing["prompt"]),
                _per_token(pricing["completion"]),
                _per_token(cached) if cached is not None else None,
                SOURCE,
            )
        return Price(parse_usd(pricing["input"]), parse_usd(pricing["output"]), None, SOURCE)
    except (KeyError, ValueError):
        return None


def _per_token(amount: object) -> int:
    """Raises ValueError below zero: OpenRouter writes -1 where the price is only known afterwards."""
    nusd = parse_usd(f"{amount}e6" if "e" not in str(amount).lower() else float(str(amount)) * _TOKENS_PER_MTOK)
    if nusd < 0:
        raise ValueError(amount)
    return nusd
