"""A wrong file: every mistake at once, each with its line, what is wrong and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import ConfigurationError, Problem
from routing.policy.loading import load_policy

HEAD = "id: x\ntitle: x\ndefault: r\n"
ROUTES = "routes:\n  r: {ladder: [small]}\n"
WHOLE = HEAD + ROUTES


def problems(source: str | Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load_policy(source) if isinstance(source, Path) else load_policy(source, file="p.yaml")
    return caught.value.problems


def rule(when: str) -> str:
    return f"{WHOLE}rules:\n  - {{when: {{{when}}}, route: r}}\n"


def route(keys: str) -> str:
    return f"{HEAD}routes:\n  r: {{{keys}}}\n"


def ladder(rungs: str) -> str:
    return route(f"ladder: [{rungs}]")


def circle(**then: str) -> str:
    routes = "".join(f"  {name}: {{ladder: [small], then: {next_}}}\n" for name, next_ in then.items())
    return f"{HEAD}routes:\n{routes}"


BROKEN = {
    # keys and values of the file as a whole
    "unknown key": (f"{WHOLE}valeu_usd: 1", "p.yaml:6: unknown key 'valeu_usd'; write 'value_usd'"),
    "unknown key far from all": (f"{WHOLE}qqq: 1", "p.yaml:6: unknown key 'qqq'; write one of id, title,"),
    "negative cap": (
        f"{WHOLE}caps: {{day_usd: -2}}",
        "p.yaml:6: day_usd is -2, but cannot be negative; write 0.05",
    ),
    "cap in words": (
        f"{WHOLE}caps: {{day_usd: much}}",
        "p.yaml:6: day_usd is 'much', not a number; write a number, such as 0.5",
    ),
    "cap without a value": (
        f"{WHOLE}caps:\n  day_usd:",
        "p.yaml:7: day_usd has no value; write one, or take the key out",
    ),
    "cap without end": (f"{WHOLE}caps: {{day_usd: 1e999}}", "p.yaml:6: day_usd is inf, but goes from 0 to"),
    "no default": (
        "id: x\ntitle: x\n" + ROUTES,
        "p.yaml:1: the policy has no default; write default: and the route for whatever no rule names",
    ),
    "no routes": (HEAD + "routes: {}", "p.yaml:4: routes is empty; write something there"),
    "default unknown": (
        WHOLE.replace("default: r", "default: rr"),
        "p.yaml:3: unknown route 'rr'; write 'r'",
    ),
    "key twice": (f"{WHOLE}title: y", "p.yaml:6: the key 'title' stands here twice, first in line 2; take one"),
    "alias hides a tier": (
        f'{WHOLE}aliases: {{small: "*/s"}}',
        "p.yaml:6: the alias 'small' hides a tier; give it another name",
    ),
    "alias for nothing": (
        f"{WHOLE}aliases: {{fast: s}}",
        "p.yaml:6: the alias 'fast' stands for 's', which is no model id; write \"provider/s\"",
    ),
    # rules
    "rule to nowhere": (
        f"{WHOLE}rules:\n  - route: r\n    when: {{task: code}}\n  - route: q\n    when: {{task: faq}}",
        "p.yaml:9: unknown route 'q'; write one of r",
    ),
    "rule without route": (f"{WHOLE}rules:\n  - when: {{task: code}}", "p.yaml:7: rule 1 has no route; write route:"),
    "rule after one that always holds": (
        f"{WHOLE}rules:\n  - {{route: r}}\n  - {{when: {{risk: high}}, route: r}}",
        "p.yaml:8: rule 2 can never be reached: rule 1 holds whenever it would; put it further up",
    ),
    "rule inside an earlier range": (
        f'{WHOLE}rules:\n  - {{when: {{tools: "> 2"}}, route: r}}\n  - {{when: {{tools: "> 3", risk: low}}, route: r}}',
        "p.yaml:8: rule 2 can never be reached: rule 1 holds whenever it would",
    ),
    "task": (rule("task: [code, resoning]"), "p.yaml:7: unknown task 'resoning'; write 'reasoning'"),
    "risk": (rule("risk: hihg"), "p.yaml:7: unknown risk 'hihg'; write 'high'"),
    "risk without a value": (rule("risk: "), "p.yaml:7: risk has no value; write one, or take the key out"),
    "task without words": (rule("task: []"), "p.yaml:7: task is empty; write something there"),
    "no condition in any": (rule("any: []"), "p.yaml:7: any is empty; write something there"),
    "key beside any": (
        rule("any: [{task: code}], task: faq"),
        "p.yaml:7: task stands both beside 'any' and inside it; keep it in one of the two places",
    ),
    "unknown key in any": (
        f"{WHOLE}rules:\n  - route: r\n    when:\n      any:\n        - task: code\n        - tsak: faq",
        "p.yaml:11: unknown key 'tsak'; write 'task'",
    ),
    "bare number": (rule("complexity: 0.6"), 'p.yaml:7: complexity is 0.6, not a comparison; write ">= 0.6"'),
    "sign the wrong way": (rule('tools: "=> 3"'), "p.yaml:7: tools is '=> 3', not a comparison; write it like"),
    "two lower bounds": (rule('tools: "> 3 and > 4"'), "p.yaml:7: tools is '> 3 and > 4', not a comparison;"),
    "beyond the scale": (
        rule('complexity: "> 1"'),
        "p.yaml:7: complexity '> 1' can never hold for a number from 0 to 1; write it like \">= 0.6\"",
    ),
    "between two whole numbers": (
        rule('tools: "> 4 and < 5"'),
        "p.yaml:7: tools '> 4 and < 5' can never hold for a whole number from 0; write it like",
    ),
    "empty range": (rule('time_budget_s: ">= 3 and < 3"'), "p.yaml:7: time_budget_s '>= 3 and < 3' can never hold"),
    "when in a word": (f"{WHOLE}rules: [{{when: code, route: r}}]", "p.yaml:6: when is 'code', not a mapping; write"),
    # routes
    "no ladder": (route("floor: 0.3"), "p.yaml:5: route 'r' has no ladder; write ladder: [small, mid, large]"),
    "empty ladder": (ladder(""), "p.yaml:5: ladder is empty; write something there"),
    "ladder that never ends": (
        circle(r="s", s="t", t="s"),
        "p.yaml:6: the ladder never ends: s → t → s; take out one 'then'",
    ),
    "ladder that goes on with itself": (circle(r="r"), "p.yaml:5: the ladder never ends: r → r; take out one"),
    "ladder to nowhere": (circle(r="s"), "p.yaml:5: unknown route 's'; write one of r"),
    "rung twice": (ladder("small, mid, {tier: small}"), "p.yaml:5: small is on the ladder twice; take one of"),
    "threshold": (
        f"{HEAD}routes:\n  r:\n    ladder:\n      - mid\n      - tier: small\n        threshold: 1.7",
        "p.yaml:9: threshold is 1.7, but goes from 0 to 1; write a number such as 0.7",
    ),
    "key of a rung": (
        ladder("{tier: small, treshold: 0.7}"),
        "p.yaml:5: unknown key 'treshold'; write 'threshold'",
    ),
    "tier": (ladder("{tier: smal}"), "p.yaml:5: unknown tier 'smal'; write 'small'"),
    "bare word": (
        ladder("small, larg"),
        "p.yaml:5: 'larg' is no tier, no alias and no model id; write 'large', or provider/larg",
    ),
    "nobody": (ladder("{threshold: 0.7}"), "p.yaml:5: this rung names no tier, model or provider; write {tier:"),
    "priority twice": (
        ladder("{provider: a, priority: 1}, {provider: b, priority: 1}"),
        "p.yaml:5: priority 1 stands twice in one step of the ladder; give each its own",
    ),
    "two thresholds in a step": (
        ladder("{tier: mid, priority: 1, threshold: 0.7}, {tier: small, priority: 2, threshold: 0.6}"),
        "p.yaml:5: rungs with priorities are one step of the ladder, but have several thresholds; keep one",
    ),
    "strategy": (f"{WHOLE}strategy: learn", "p.yaml:6: unknown strategy 'learn'; write 'learned'"),
    "second opinion": (
        f"{WHOLE}second_opinion: judges",
        "p.yaml:6: unknown value of second_opinion 'judges'; write 'judge'",
    ),
    "gain and thresholds": (
        route("ladder: [{tier: small, threshold: 0.7}, mid], escalate: gain"),
        "p.yaml:5: this route escalates on gain, and has thresholds; take them out, or escalate: gain",
    ),
    "gain where the best is first": (
        route("ladder: [large, mid], mode: premium_first, escalate: gain"),
        "p.yaml:5: escalate: gain is for a cascade, and this route goes premium first; take it out",
    ),
    "escalate": (route("ladder: [mid], escalate: gains"), "p.yaml:5: unknown value of escalate 'gains'; write 'gain'"),
    "novelty": (rule('novelty: "> 1"'), "p.yaml:7: novelty '> 1' can never hold for a number from 0 to 1; write it"),
    "mode": (route("ladder: [mid], mode: premium"), "p.yaml:5: unknown mode 'premium'; write 'premium_first'"),
    "local": (
        route("ladder: [mid], require: {local: yes}"),
        "p.yaml:5: local is 'yes', neither true nor false; write true or false",
    ),
    "retries": (route("ladder: [mid], retries: 1.5"), "p.yaml:5: retries is 1.5, not a whole number; write a whole"),
    "invalid": (route("ladder: [mid], invalid: retri"), "p.yaml:5: unknown value of invalid 'retri'; write 'retry'"),
    "declined": (route("ladder: [mid], declined: stp"), "p.yaml:5: unknown value of declined 'stp'; write 'stop'"),
    "timeouts": (route("ladder: [mid], timeouts: 5"), "p.yaml:5: timeouts is 5, not a mapping; write timeouts:"),
    # what is no YAML, or not ours
    "empty file": ("# nothing\n", "p.yaml: the file is empty; begin with id, title, default and routes"),
    "list": ("- small\n", "p.yaml:1: the file is no policy; begin with id, title, default and routes"),
    "open bracket": (f"{HEAD}routes: [a", "p.yaml:4: this is not YAML: a bracket or a comma is missing;"),
    "comparison without quotes": (rule("complexity: >= 0.6"), "put '>= 0.6' in quotes"),
    "comparison on a line of its own": (f"{HEAD}complexity: >= 0.6", "p.yaml:4: "),
    "glob without quotes": (f"{HEAD}aliases:\n  fast: */small-*", "put '*/small-*' in quotes"),
    "exclusion without quotes": (ladder("{provider: !alpha }"), "put '!alpha' in quotes"),
    "tab": (f"{HEAD}routes:\n\tr: 1", "indent with spaces, not with tabs"),
    "alias": (f"{HEAD}a: &x 1\nb: *x", "p.yaml:5: an alias is not allowed here; put '*x' in quotes"),
    "indented too little": (
        f"{HEAD}routes:\n  r: {{}}\n s: {{}}",
        "p.yaml:6: this is not YAML: the indentation is wrong",
    ),
    "indented too far": (f"{HEAD}  routes: 1", "a second ':' stands here, or the indentation is wrong"),
    "bracket too many": (f"{HEAD}routes: [a]]", "a ']' closes what nothing opened"),
    "two documents": ("a: 1\n---\nb: 2", "p.yaml:2: this is not YAML: a second document begins here"),
    "object": ("a: !!python/object:os.system x", "p.yaml:1: the tag 'tag:yaml.org,2002:python/object:os.system'"),
    "key that is a list": ("? [a]\n: b", "a key must be a word"),
    "NUL": ("a\0b", "p.yaml: cannot be read: special characters are not allowed"),
    "nested without end": ("[" * 5000, "p.yaml: is nested too deeply to be read"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_mistake_is_one_problem(name: str) -> None:
    text, said = BROKEN[name]
    (found,) = problems(text)
    assert said in str(found)
    assert all(character.isprintable() for character in str(found))


def test_a_rule_is_reachable_when_one_of_its_alternatives_is() -> None:
    second = 'any: [{tools: "> 3", risk: low}, {tools: ">= 2 and < 9"}]'
    text = rule('tools: "> 2"') + f"  - {{when: {{{second}}}, route: r}}\n"
    assert len(load_policy(text).rules) == 3
    assert "rule 2 can never be reached" in problems(text.replace(">= 2", ">= 3"))[0].what


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    found = problems(
        "id: x\n"
        "title: x\n"
        "default: nowhere\n"
        "caps: {day_usd: -1}\n"
        "rules:\n"
        "  - {when: {complexty: 1}, route: missing}\n"
        "  - {when: {risk: hihg}, route: r}\n"
        "routes:\n"
        "  r:\n"
        "    ladder: [{tier: small, threshold: 1.7}, mid, mid, midd]\n"
        "    mode: cascde\n"
        "    then: s\n"
        "  s: {then: r, retries: -1, ladder: [small]}\n"
    )
    assert [problem.line for problem in found] == [3, 4, 6, 6, 7, 10, 10, 10, 11, 12, 13]
    assert all(problem.instead for problem in found)


def test_a_file_that_cannot_be_read_is_a_problem_without_a_line(tmp_path: Path) -> None:
    missing, binary = tmp_path / "missing.yaml", tmp_path / "binary.yaml"
    binary.write_bytes(b"id: \xff\xfe")
    assert str(problems(missing)[0]) == f"{missing}: cannot be read: No such file or directory"
    assert str(problems(binary)[0]) == f"{binary}: is not text in UTF-8; save it as UTF-8"
    assert "cannot be read" in str(problems(tmp_path)[0])


def test_the_id_of_a_file_is_its_name(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_text(WHOLE)
    assert str(problems(copy)[0]) == f"{copy}:1: the id is 'x', but the file is called 'mine.yaml'; write id: mine"
    copy.write_text(WHOLE.replace("id: x", "id: mine"))
    assert load_policy(copy).id == "mine"


def test_control_characters_of_a_file_are_never_said_raw() -> None:
    (found,) = problems(f'{WHOLE}"a\\e[31m\\u202e": 1')
    assert "\x1b" not in str(found)
    assert "\u202e" not in str(found)


SOUND: dict[str, Any] = {
    "id": "x",
    "title": "x",
    "default": "r",
    "caps": {"request_usd": 0.1},
    "rules": [{"when": {"task": "code"}, "route": "s"}, {"when": {"risk": "high"}, "route": "r"}],
    "routes": {
        "r": {"ladder": [{"tier": "small", "threshold": 0.6}, "mid"], "require": {}},
        "s": {"ladder": ["mid", "large"], "timeouts": {}},
    },
}
# Each spoils a place of its own, so that none hides another.
MISTAKES: list[Callable[[dict[str, Any]], None]] = [
    lambda d: d.update(default="nowhere"),
    lambda d: d.update(titel="x"),
    lambda d: d.pop("title"),
    lambda d: d.update(request_s=-1),
    lambda d: d["caps"].update(request_usd=-1),
    lambda d: d["caps"].update(day="x"),
    lambda d: d["rules"][0]["when"].update(complexity="> 1"),
    lambda d: d["rules"][0]["when"].update(risk=[]),
    lambda d: d["rules"][0].update(route="nowhere"),
    lambda d: d["rules"][1]["when"].update(task="codes"),
    lambda d: d["rules"][1].pop("route"),
    lambda d: d["rules"].append(17),
    lambda d: d["routes"]["r"]["ladder"][0].update(threshold=1.7),
    lambda d: d["routes"]["r"]["ladder"].append("midd"),
    lambda d: d["routes"]["r"].update(then="r"),
    lambda d: d["routes"]["r"]["require"].update(local="yes"),
    lambda d: d["routes"]["s"].update(then="nowhere"),
    lambda d: d["routes"]["s"]["ladder"].append("large"),
    lambda d: d["routes"]["s"]["timeouts"].update(idle_s=0),
    lambda d: d["routes"]["s"].update(floor=2),
    lambda d: d["routes"].update(t={"ladder": []}),
]


def test_the_policy_that_the_mistakes_are_made_in_is_sound() -> None:
    load_policy(yaml.safe_dump(SOUND))


@settings(max_examples=60)
@given(st.sets(st.integers(0, len(MISTAKES) - 1), min_size=1))
def test_no_mistake_hides_another(made: set[int]) -> None:
    document = yaml.safe_load(yaml.safe_dump(SOUND))
    for number in made:
        MISTAKES[number](document)
    found = problems(yaml.safe_dump(document))
    assert len(found) >= len(made)
    assert all(problem.line for problem in found)


@settings(max_examples=150)
@given(st.text("{}[]:,-#*&!|>'\"%@`?\n\t ab0.\x1b\ud800\x00", max_size=40))
def test_any_text_is_either_a_policy_or_has_problems(text: str) -> None:
    assert problems(text)
