"""Ready ladders: which of the models that are there to put on which tier. Proposed, never imposed.

What ships of known families is `ladders.yaml`. Models of this machine, and of servers that offer no known family, go by
their own tier, which their size or their name suggests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from routing.money import parse_usd
from routing.registry.families import own_name
from routing.registry.model import UNRANKED, Model
from routing.registry.terms import TIERS
from routing.registry.versions import version_of

SOURCE = "ladder"
_FILE = Path(__file__).with_name("ladders.yaml")
_OF_ONE_LADDER = 2
_OF_ONE_PROVIDER = 4
_INPUT_SHARE = 3  # of four tokens, in a usual call


@dataclass(frozen=True, slots=True)
class Ladder:
    """A family's tiers as globs over a model's own name."""

    title: str
    tiers: Mapping[str, tuple[str, ...]]
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Model ids by tier, weakest tier first, best model first; `why` is one sentence."""

    tiers: tuple[tuple[str, tuple[str, ...]], ...]
    why: str


@dataclass(frozen=True, slots=True)
class _Pick:
    """A model on a tier, the `place`-th choice of those that were compared with it, and what brought it there."""

    model: Model
    tier: str
    place: int
    title: str

    @property
    def best_first(self) -> tuple[object, ...]:
        return self.place, -self.model.quality, _usual_nusd(self.model), -self.model.tokens_per_s, self.model.id


def propose(models: Iterable[Model]) -> Proposal:
    """Tiers filled from the models that are there: of each provider's known families the newest, of others the best."""
    usable = _usable(models)
    providers = sorted({model.provider for model in usable})
    picks = [pick for name in providers for pick in _of_provider([one for one in usable if one.provider == name])]
    picks.sort(key=lambda pick: pick.best_first)
    by_tier = ((tier, tuple(pick.model.id for pick in picks if pick.tier == tier)) for tier in TIERS)
    return Proposal(tuple((tier, ids) for tier, ids in by_tier if ids), _why(picks))


def narrow(models: Sequence[Model]) -> tuple[Model, ...]:
    """A catalogue's models, in order: the few that ladders propose on their tiers, the others on none."""
    able = [model for model in _usable(models) if _fits(model)]
    picks = sorted(_of_ladders(able, 1), key=lambda pick: pick.best_first)
    chosen: dict[str, str] = {}
    for tier in TIERS:
        affordable = [pick.model.id for pick in picks if pick.tier == tier and _affordable(pick.model, tier)]
        chosen |= dict.fromkeys(affordable[:_OF_ONE_PROVIDER], tier)
    return tuple(model.stated(SOURCE, tier=chosen.get(model.id, UNRANKED)) for model in models)


@cache
def _load() -> tuple[tuple[Ladder, ...], dict[str, int]]:
    """The shipped ladders, and the dearest usual price of a catalogue's model by tier, nano-dollars per million."""
    document = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    ladders = tuple(
        Ladder(
            entry["title"],
            {tier: tuple(entry[tier]) for tier in TIERS if tier in entry},
            tuple(entry.get("without", ())),
        )
        for entry in document["ladders"]
    )
    return ladders, {tier: parse_usd(usd) for tier, usd in document["catalogue"]["most_usd_per_mtok"].items()}


def _usable(models: Iterable[Model]) -> list[Model]:
    """Each once, in an order of their own."""
    unique = {model.id: model for model in models if model.lifecycle != "deprecated" and model.tier != UNRANKED}
    return [unique[model_id] for model_id in sorted(unique)]


def _of_provider(models: list[Model]) -> list[_Pick]:
    here = [model for model in models if model.local]
    there = [model for model in models if not model.local]
    picks = _by_own_tier(here, "this machine's models by size")
    picks += _of_ladders(there, _OF_ONE_LADDER) or _by_own_tier(there, "others by size and name")
    picks.sort(key=lambda pick: pick.best_first)
    return [pick for tier in TIERS for pick in [one for one in picks if one.tier == tier][:_OF_ONE_PROVIDER]]


def _of_ladders(models: list[Model], most: int) -> list[_Pick]:
    """Each model at most once: on the first tier of the first ladder that knows it."""
    picks: list[_Pick] = []
    for ladder in _load()[0]:
        for tier, globs in ladder.tiers.items():
            members = [one for one in models if _matches(one, globs) and not _matches(one, ladder.without)]
            picks += [_Pick(one, tier, place, ladder.title) for place, one in enumerate(_newest(members)[:most])]
            models = [one for one in models if one not in members]
    return picks


def _matches(model: Model, globs: tuple[str, ...]) -> bool:
    own = own_name(model.name)
    return any(fnmatchcase(own, glob) for glob in globs)


def _newest(models: list[Model]) -> list[Model]:
    """The newest, each under one name only: the alias where there is one."""
    ordered = sorted(models, key=lambda model: (*version_of(model.name).newest_first, model.id))
    by_stem: dict[str, Model] = {}
    for model in ordered:
        by_stem.setdefault(version_of(model.name).stem, model)
    return list(by_stem.values())


def _by_own_tier(models: list[Model], title: str) -> list[_Pick]:
    picks = []
    for tier in TIERS:
        members = sorted((model for model in models if model.tier == tier), key=lambda one: (-one.quality, one.id))
        picks += [_Pick(model, tier, place, title) for place, model in enumerate(members)]
    return picks


def _fits(model: Model) -> bool:
    """Whether a catalogue's model can do what most requests need, at a known price, under a plain name: neither a
    variant (`:free`) nor an alias (`~maker/latest`) of others."""
    plain = ":" not in model.name and not model.name.startswith("~")
    return plain and model.price is not None and {"tools", "json"} <= model.capabilities


def _affordable(model: Model, tier: str) -> bool:
    return _usual_nusd(model) <= _load()[1][tier]


def _usual_nusd(model: Model) -> float:
    """Nano-dollars for a million tokens, three of four being input; without a price dearer than any."""
    if model.price is None:
        return float("inf")
    return (model.price.input_nusd_per_mtok * _INPUT_SHARE + model.price.output_nusd_per_mtok) / (_INPUT_SHARE + 1)


def _why(picks: Sequence[_Pick]) -> str:
    titles = list(dict.fromkeys(pick.title for pick in picks))
    if not titles:
        return "No model was found that could stand on a tier."
    ordered = [ladder.title for ladder in _load()[0] if ladder.title in titles]
    ordered += [title for title in titles if title not in ordered]
    sentence = "; ".join(ordered)
    return f"{sentence[0].upper()}{sentence[1:]}."
