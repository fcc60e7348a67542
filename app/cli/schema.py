"""The JSON schema of `--schema`: read, and held against what a schema may say, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from yaml import Node


def read_schema(file: BinaryIO) -> str:
    """The schema's text. Raises ConfigurationError with file and line for one that is none."""
    import json

    from routing.confidence.structured import schema_fault
    from routing.errors import ConfigurationError, Problem

    try:
        text = file.read().decode("utf-8-sig")
        rules = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"is not JSON: {error.msg.removesuffix(' at')} at column {error.colno}."
        raise ConfigurationError((Problem(file.name, error.lineno, what),)) from None
    except (ValueError, RecursionError):
        raise ConfigurationError((Problem(file.name, None, "is not JSON in UTF-8."),)) from None
    if not isinstance(rules, dict):
        raise ConfigurationError((Problem(file.name, None, "is no JSON schema: it must be an object, in { }."),))
    fault = schema_fault(text)
    if fault is not None:
        problem = Problem(file.name, _line(text, fault.path), f"is no JSON schema: {fault.why}.")
        raise ConfigurationError((problem,))
    return text


def _line(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line (from 1) on which the place of this path stands."""
    import yaml

    try:
        node = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)  # JSON is YAML, but for its tabs
    except yaml.YAMLError:
        return None
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        node = found
    return None if node is None else int(node.start_mark.line) + 1


def _child(node: Node | None, step: str | int) -> Node | None:
    import yaml

    children: dict[str | int, Node] = {}
    if isinstance(node, yaml.MappingNode):
        children = {key.value: value for key, value in node.value}
    elif isinstance(node, yaml.SequenceNode):
        children = dict(enumerate(node.value))
    return children.get(step)
