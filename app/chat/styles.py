"""The transcript's stylesheet: what each style name is called in a theme. No colour is written here."""

from __future__ import annotations

COMPONENTS = {
    "strong": "text-style: bold;",
    "em": "text-style: italic;",
    "strike": "text-style: strike;",
    "muted": "color: $text-muted;",
    "accent": "color: $text-accent;",
    "good": "color: $text-success;",
    "warn": "color: $text-warning;",
    "bad": "color: $text-error;",
    "info": "color: $text-primary;",
    "heading": "text-style: bold; color: $text-primary;",
    "h1": "text-style: bold underline;",
    "h2": "text-style: bold;",
    "h3": "color: $text-secondary;",
    "h4": "color: $text-secondary;",
    "h5": "color: $text-muted;",
    "h6": "color: $text-muted;",
    "bullet": "color: $text-accent;",
    "quote": "color: $text-muted;",
    "rule": "color: $foreground 30%;",
    "head": "text-style: bold; color: $text-primary;",
    "code": "color: $foreground 90%;",
    "inline": "color: $text-warning; background: $foreground 6%;",
    "language": "color: $text-muted; text-style: italic;",
    "fold": "color: $text-muted;",
    "link": "color: $text-primary; text-style: underline;",
    "hover": "text-style: bold reverse;",
    "you": "color: $secondary;",
    "answer": "color: $primary;",
    "draft": "color: $foreground 40%;",
    "card": "color: $warning;",
    "note": "color: $foreground 30%;",
    "cursor": "color: $accent; text-style: bold;",
    "selection": "color: $screen-selection-foreground; background: $screen-selection-background;",
    "found": "background: $warning 40%; text-style: bold;",
    "keyword": "color: $text-accent;",
    "string": "color: $text-success;",
    "number": "color: $text-warning;",
    "comment": "color: $foreground 55%; text-style: italic;",
    "function": "color: $text-primary;",
    "type": "color: $text-secondary; text-style: bold;",
    "builtin": "color: $text-accent;",
    "constant": "color: $text-warning; text-style: bold;",
    "inserted": "color: $text-success;",
    "deleted": "color: $text-error;",
}
"""Style name → its rules. A theme may restyle any `.transcript--NAME`."""

CSS = (
    """
Transcript {
    overflow-y: scroll;
    overflow-x: hidden;
    scrollbar-size-vertical: 1;
    background: $background;
    color: $foreground;
"""
    + "\n".join(f"    & > .transcript--{name} {{ {rules} }}" for name, rules in COMPONENTS.items())
    + "\n}\n"
)
