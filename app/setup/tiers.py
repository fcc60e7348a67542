"""Writing the tiers that a person accepted into `config.yaml`, and touching nothing else in it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace

import yaml

from app.settings import Paths, Settings, parse_settings
from routing.errors import ConfigurationError, Problem
from routing.files import replace_file

Tiers = tuple[tuple[str, tuple[str, ...]], ...]
_MODE = 0o644


def write_tiers(paths: Paths, tiers: Tiers) -> Settings:
    """Put `tiers:` into the file, in place of those that it has, and return what it says now.

    Raises ConfigurationError, and then nothing was written, when the file has mistakes, is laid out in a way that a
    key cannot be added to, or cannot be written.
    """
    file = str(paths.config)
    try:
        before = paths.config.read_bytes() if paths.config.exists() else b""
        text = before.decode()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError((Problem(file, None, f"cannot be read: {reason}."),)) from None
    wanted = replace(parse_settings(text, file) if text.strip() else Settings(), tiers=tiers)
    after = _with_tiers(text, tiers)
    settings = _read(after, file)
    if settings is None or _without_places(settings) != _without_places(wanted):
        what = "is laid out in a way that tiers cannot be added to;"
        raise ConfigurationError((Problem(file, None, what, "write them there yourself, as `tiers: {small: […]}`"),))
    try:
        mode = stat.S_IMODE(paths.config.stat().st_mode) if paths.config.exists() else _MODE
        replace_file(paths.config, after.encode(), mode)
    except OSError as problem:
        what = f"cannot be written: {problem.strerror or problem}."
        raise ConfigurationError((Problem(file, None, what),)) from None
    return settings


def _read(text: str, file: str) -> Settings | None:
    try:
        return parse_settings(text, file)
    except ConfigurationError:
        return None


def _without_places(settings: Settings) -> Settings:
    """The lines of a file may move."""
    return replace(settings, providers=tuple(replace(one, key_at="") for one in settings.providers))


def _with_tiers(text: str, tiers: Tiers) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    indent = " " * (pairs[0][0].start_mark.column if pairs else 0)
    block = _block(tiers, indent, end)
    own = next((pair for pair in pairs if pair[0].value == "tiers"), None)
    if own is not None:
        return text[: own[0].start_mark.index] + block.removeprefix(indent) + text[_end(own[1]) :]
    glue = "" if not text or text.endswith("\n") else end
    return f"{text}{glue}{block}{end}"


def _block(tiers: Tiers, indent: str, end: str) -> str:
    lines = ["tiers:"]
    for tier, models in tiers:
        lines += [f"  {tier}:", *(f"    - {json.dumps(model, ensure_ascii=False)}" for model in models)]
    return end.join(indent + line for line in lines)


def _end(node: yaml.Node) -> int:
    """Where the text of a value ends. (A block ends for the parser where the next one begins, comments and all.)"""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)
