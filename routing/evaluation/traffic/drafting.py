"""A policy for what somebody asks: the ladders of the shipped profile, begun where the prompts say, with the reason for
each line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import yaml

from routing.analysis.features import TaskClass
from routing.evaluation.traffic.report import BASIS, Kind, Traffic, percent
from routing.money import NANO, format_usd
from routing.policy.model import Policy
from routing.reports.intervals import Proportion, proportion

LEAST = 20
"""Of a kind with fewer prompts nothing is concluded."""
_REQUEST_TIMES, _DAY_TIMES = 2, 3
_AS = f"as in `{BASIS}`"
_SIMULATED = "the models here are simulated, so their prices say nothing"
_PLAIN = re.compile(r"[a-z][a-z0-9_-]*")
_YAML_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))

_ROUTES = """\
routes:
  everyday:            # from the smallest up: an answer that looks weak is asked for again, one rung higher
    ladder: [{tier: small, threshold: 0.66}, {tier: mid, threshold: 0.6}, large]
    floor: 0.3         # an answer below this is shown with a warning
  demanding:           # the smallest is left out at first, since its answers would mostly be asked for again
    ladder: [{tier: mid, threshold: 0.66}, large]
    then: everyday     # when none of these can be asked
  consequential:       # the largest at once: being wrong costs more than asking
    ladder: [large]
    then: demanding
    floor: 0.5
"""


def draft(traffic: Traffic, basis: Policy, name: str, source: str) -> str:
    """The YAML of a profile called `name`; `source` says on one line where the prompts are from. The ladders and what
    prompts cannot tell are those of `basis`."""
    return "\n".join((*_head(traffic, source), *_values(traffic, basis, name), "", *_rules(traffic), "", _ROUTES))


def _head(traffic: Traffic, source: str) -> Iterator[str]:
    yield f"# Drafted from {_count(traffic.prompts)} ({_one_line(source)})."
    yield f"# Which tier each kind needs is an estimate by the rules of `{BASIS}`: nobody has looked at the answers."
    yield "# Read each line, and change what you know better."
    yield "#"
    for kind in traffic.kinds:
        needed = ", ".join(f"{one.tier} {_percent(one.prompts)}" for one in kind.tiers)
        yield f"#   {kind.task:<14} {_percent(kind.prompts):>5} of the prompts: {needed}"


def _values(traffic: Traffic, basis: Policy, name: str) -> Iterator[str]:
    yield f"id: {_word(name)}"
    smallest = traffic.tiers[0]
    title = f"{_percent(smallest.prompts)} of {_count(traffic.prompts)} need no more than a {smallest.tier} model"
    yield f"title: {_quoted(title)}"
    yield ""
    yield f"value_usd: {_usd(basis.value_nusd)}  # {_AS}: no prompt says what a right answer is worth to you"
    yield f"second_usd: {_usd(basis.second_nusd)}  # {_AS}: nor what a second of waiting costs you"
    yield "caps:"
    yield f"  request_usd: {_request_cap(traffic, basis)}"
    yield from (f"  day_usd: {cap}" for cap in _day_cap(traffic, basis))
    yield f"request_s: {basis.request_s:g}  # {_AS}: nothing tells how long you would wait"
    yield f"assumed_usd_per_mtok: {_usd(basis.assumed_nusd_per_mtok)}  # {_AS}: for models without a price"


def _request_cap(traffic: Traffic, basis: Policy) -> str:
    """Never less than that of the basis: prompts to come may be longer than these."""
    usual, dearest = basis.request_credit_nusd, traffic.worst_nusd
    if traffic.simulated:
        return f"{_usd(usual)}  # {_AS}: {_SIMULATED}"
    reserved = f"the dearest call for one of these prompts reserves {format_usd(dearest)}"
    if _REQUEST_TIMES * dearest <= usual:
        return f"{_usd(usual)}  # {_AS}: {reserved}"
    return f"{_usd(_rounded_up(_REQUEST_TIMES * dearest))}  # {reserved}: room for {_REQUEST_TIMES} of them"


def _day_cap(traffic: Traffic, basis: Policy) -> Iterator[str]:
    """Nothing where no day is known and the basis has no cap either."""
    busiest, usual = traffic.busiest, basis.day_cap_nusd
    if busiest is not None and busiest.nusd and not traffic.simulated:
        cap = _rounded_up(max(_DAY_TIMES * busiest.nusd, basis.request_credit_nusd))
        cost = f"{_count(busiest.prompts)}, {format_usd(busiest.nusd)} without climbing"
        yield f"{_usd(cap)}  # at least {_DAY_TIMES} times your busiest day, {busiest.day}: {cost}"
    elif usual is not None:
        yield f"{_usd(usual)}  # {_AS}: {_SIMULATED if traffic.simulated else 'what a day costs you is not known'}"


def _rules(traffic: Traffic) -> Iterator[str]:
    yield f"default: everyday  # what no rule names: {_share_of(traffic, 'small')} need no more than a small model"
    yield "rules:"
    yield "  - name: hard thinking, high stakes"
    yield f"    # {_share_of(traffic, 'large')} need the largest at once"
    yield "    when: {task: reasoning, risk: high}"
    yield "    route: consequential"
    yield "  - name: kinds of work that begin higher"
    tasks = []
    for kind in filter(_is_demanding, traffic.kinds):
        tasks.append(kind.task)
        above = _above(kind)
        yield f"    # {kind.task}: {_percent(above)} of {_count(above.of)} need more than a small model"
    if TaskClass.CODE not in tasks:
        tasks.append(str(TaskClass.CODE))
        yield f"    # code: {_AS}; these prompts do not show enough of it to say otherwise"
    yield f"    when: {{task: [{', '.join(tasks)}]}}"
    yield "    route: demanding"
    yield "  - name: single prompts that small models get wrong"
    yield f"    # of the other kinds; {_percent(traffic.multi_step)} of all prompts ask for several steps"
    yield "    when:"
    yield "      any:"
    yield "        - {multi_step: true}"
    yield '        - {complexity: ">= 0.6"}  # from 0 (trivial) to 1'
    yield f"        - {{risk: high}}  # {_percent(traffic.stakes)} of all prompts"
    yield "    route: demanding"


def _is_demanding(kind: Kind) -> bool:
    """Whether most of its prompts surely need more than a small model."""
    above = _above(kind)
    return kind.prompts.count >= LEAST and above.low is not None and above.low > 0.5


def _above(kind: Kind) -> Proportion:
    count = sum(one.prompts.count for one in kind.tiers if one.tier != "small")
    return proportion(count, kind.prompts.count)


def _share_of(traffic: Traffic, tier: str) -> str:
    """``58 % of your prompts``."""
    share = next((one.prompts for one in traffic.tiers if one.tier == tier), None)
    return f"{_percent(share)} of your prompts" if share else "none of your prompts"


def _rounded_up(nusd: int) -> int:
    """To two digits."""
    step = int(10 ** max(0, len(str(nusd)) - 2))
    return -(-nusd // step) * step


def _usd(nusd: int) -> str:
    return f"{nusd / NANO:.9f}".rstrip("0").rstrip(".")


def _percent(share: Proportion) -> str:
    return percent(share.count / share.of)


def _count(prompts: int) -> str:
    return f"{prompts:,} prompt{'' if prompts == 1 else 's'}"


def _word(name: str) -> str:
    """Bare where YAML reads it as text."""
    return name if _PLAIN.fullmatch(name) and name not in _YAML_WORDS else _quoted(name)


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
