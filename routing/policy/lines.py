"""YAML to plain values, with the line on which each of them stands.

Narrower than YAML on purpose: a key is a word, `yes` and `no` are words (true and false are not), anchors and
tags are refused, so that an unquoted ``*`` or ``!`` gets a sentence instead of a surprise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from routing.errors import ConfigurationError, Problem
from routing.policy.mistakes import Mistake, Path, quoted

_MAP, _LIST = yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG
_PLAIN = re.compile(r"(?:^|[:\[,{-])\s*([*!&>|%@`][^,}\]#]*)")


@dataclass
class Tree:
    """What a file holds. `lines` has every place in it; keys that are written twice are `mistakes`."""

    data: object = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, at: Path) -> int | None:
        """The line of a place, or of the nearest place around it."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at)


def read_tree(text: str, file: str) -> Tree:
    """Reads one YAML document. Raises ConfigurationError with the first place that cannot be read."""
    tree = Tree()
    try:
        node = _Loader(text).get_single_node()
        if node is not None:
            tree.lines[()] = _line(node)
            tree.data = _value(node, (), tree)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigurationError((_broken(text, file, line, error.problem or error.context or ""),)) from None
    except yaml.YAMLError as error:
        reason = str(getattr(error, "reason", "")) or "it is not YAML"
        raise ConfigurationError((Problem(file, None, f"cannot be read: {reason}"),)) from None
    except RecursionError:
        raise ConfigurationError((Problem(file, None, "is nested too deeply to be read"),)) from None
    return tree


class _Loader(yaml.SafeLoader):
    """SafeLoader with the numbers and booleans of YAML 1.2, and without aliases."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias is not allowed here", problem_mark=self.get_mark())
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9][0-9_]{0,17}", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), _first)


def _value(node: yaml.Node, at: Path, tree: Tree) -> object:
    if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
        return _mapping(node, at, tree)
    if isinstance(node, yaml.SequenceNode) and node.tag == _LIST:
        for index, item in enumerate(node.value):
            tree.lines[(*at, index)] = _line(item)
        return [_value(item, (*at, index), tree) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise yaml.MarkedYAMLError(problem=f"the tag {node.tag!r} is not allowed here", problem_mark=node.start_mark)


def _mapping(node: yaml.MappingNode, at: Path, tree: Tree) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key_node.start_mark)
        key = str(key_node.value)
        place = (*at, key)
        if key in found:
            first = tree.lines[place]
            again = (*place, -1 - len(tree.mistakes))
            tree.lines[again] = _line(key_node)
            what = f"the key {quoted(key)} stands here twice, first in line {first}"
            tree.mistakes.append(Mistake(again, what, "take one of them out, or give it another name"))
            continue
        tree.lines[place] = _line(key_node)
        found[key] = _value(value_node, place, tree)
    return found


def _scalar(node: yaml.ScalarNode) -> object:
    text, kind = str(node.value), node.tag.removeprefix("tag:yaml.org,2002:")
    match kind:
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text.replace("_", ""))
        case "float":
            return float(text.replace("_", ""))
    raise yaml.MarkedYAMLError(problem=f"the tag {node.tag!r} is not allowed here", problem_mark=node.start_mark)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


_MEANT = (
    ("but found ']'", "a ']' closes what nothing opened"),
    ("but found '}'", "a '}' closes what nothing opened"),
    ("expected <block end>", "the indentation is wrong here"),
    ("mapping values are not allowed", "a second ':' stands here, or the indentation is wrong"),
    ("expected ',' or", "a bracket or a comma is missing"),
    ("could not find expected ':'", "a ':' is missing"),
    ("found unexpected end of stream", "a quote is not closed"),
    ("found another document", "a second document begins here"),
    ("found character '\\t'", "a tab stands here"),
    ("cannot start any token", "a value begins with a sign that needs quotes"),
)


def in_words(problem: str) -> str:
    """What YAML's parser says, for people who do not write parsers."""
    return next((words for jargon, words in _MEANT if jargon in problem), problem)


def _broken(text: str, file: str, line: int | None, why: str) -> Problem:
    """A sentence for what the parser met; what it met most often is a value that lacks its quotes."""
    why = in_words(why)
    lines = text.splitlines()
    source = lines[line - 1] if line and line <= len(lines) else ""
    unquoted = _PLAIN.search(source)
    if unquoted:
        return Problem(file, line, f"{why};", f"put '{unquoted[1].strip()}' in quotes")
    if source[: len(source) - len(source.lstrip())].count("\t"):
        return Problem(file, line, f"{why};", "indent with spaces, not with tabs")
    return Problem(file, line, f"this is not YAML: {why};", "look for a missing bracket, quote or indent above")
