"""The one table of actions: keys, slash commands, the palette and the help screen are views of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["anywhere", "composer", "transcript"]


@dataclass(frozen=True, slots=True)
class Action:
    """`name` is the app's `action_<name>`; `keys` as Textual names them, the first is shown; `command` is the slash
    command without its slash, `argument` what may follow it; `hint` puts it in the bottom line.
    A letter that `waits` is writing, and no key, when another follows it at once."""

    name: str
    title: str
    about: str
    where: Where = "anywhere"
    keys: tuple[str, ...] = ()
    command: str = ""
    argument: str = ""
    hint: str = ""
    waits: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("send", "Send", "Send the prompt", "composer", ("enter",)),
    Action("newline", "New line", "Break the line", "composer", ("ctrl+j", "alt+enter", "shift+enter")),
    Action("earlier", "Earlier prompt", "Bring back an earlier prompt (on the first line)", "composer", ("up",)),
    Action("leave_if_empty", "Leave", "Leave, where nothing is written", "composer", ("ctrl+d",)),
    Action(
        "escape",
        "Stop, or leave the composer",
        "Stop and keep what came; else to the transcript and back",
        keys=("escape",),
        command="stop",
    ),
    Action("nudge_up", "One rung higher", "Send this prompt one rung higher", keys=("alt+up",), command="higher"),
    Action("nudge_down", "One rung lower", "Send this prompt one rung lower", keys=("alt+down",), command="lower"),
    Action("help", "Help", "Every key and command", keys=("f1",), command="help", hint="help"),
    Action(
        "profiles",
        "Profiles",
        "Switch the policy profile",
        keys=("f2",),
        command="profile",
        argument="NAME",
        hint="profile",
    ),
    Action("why", "Why this model", "All candidates with all reasons", keys=("f3",), command="why", hint="why"),
    Action("inspect", "Inspect", "Everything about one turn", keys=("f4",), command="inspect", hint="inspect"),
    Action(
        "summary",
        "Session summary",
        "What this session spent, and past ones",
        keys=("f5",),
        command="summary",
        hint="summary",
    ),
    Action(
        "faults",
        "Faults",
        "Break a simulated provider",
        keys=("f6",),
        command="fault",
        argument="PROVIDER:KIND",
        hint="faults",
    ),
    Action("models", "Models", "Every model with price, window, health; Enter pins it", keys=("f7",), command="models"),
    Action("setup", "Setup", "Providers, keys and tiers: find, call once, accept", keys=("f8",), command="setup"),
    Action("command_palette", "Palette", "Find any action", keys=("ctrl+p",), hint="palette"),
    Action("new_chat", "New chat", "Begin a new chat", keys=("ctrl+n",), command="new"),
    Action("chats", "Chats", "Open, rename or delete a chat", keys=("ctrl+o",), command="chats", hint="chats"),
    Action("search", "Search", "Search all chats", keys=("ctrl+f",), command="search", argument="WORDS"),
    Action("rename", "Rename chat", "Give this chat a title", command="rename", argument="TITLE"),
    Action("delete_chat", "Delete chat", "Delete this chat (undo brings it back)", command="delete"),
    Action("undo_delete", "Undo delete", "Bring back the chat deleted last", command="undo"),
    Action("export", "Export chat", "Write this chat to a file (.md or .json)", command="export", argument="FILE"),
    Action(
        "model",
        "Pin a model",
        "Ask one model in this chat; with no name the router chooses",
        command="model",
        argument="MODEL",
    ),
    Action(
        "attach",
        "Attach",
        "Send a text file or an image along; with no path: see it, take it off",
        command="attach",
        argument="PATH",
    ),
    Action("tag", "Tag", "Tag the next prompts for the policy's rules", command="tag", argument="NAME[=VALUE]"),
    Action("key", "Add a key", "Enter the key of a service", command="key", argument="SERVICE"),
    Action("caps", "Caps", "Every cap: what is taken, the limit, and what happens there", command="caps"),
    Action(
        "raise_cap",
        "Raise today's cap",
        "Raise the day's cap until midnight, with a reason",
        command="raise",
        argument="USD REASON",
    ),
    Action("theme", "Theme", "Choose colours", command="theme", argument="NAME"),
    Action("panel('ladder')", "Ladder", "Show the escalation path", "transcript", ("1",), command="ladder"),
    Action("panel('confidence')", "Confidence", "Show the confidence", "transcript", ("2",), command="confidence"),
    Action("panel('latency')", "Latency", "Show the waterfall", "transcript", ("3",), command="latency"),
    Action("panel('spend')", "Spend", "Show the spend", "transcript", ("4",), command="spend"),
    Action(
        "copy",
        "Copy",
        "Copy the selection, or the message",
        "transcript",
        ("c", "ctrl+shift+c"),
        hint="copy",
        waits=True,
    ),
    Action(
        "copy_code",
        "Copy code",
        "Copy the message's last block of code",
        "transcript",
        ("y",),
        command="code",
        waits=True,
    ),
    Action(
        "retry",
        "Ask again",
        "Ask the same prompt again",
        "transcript",
        ("r",),
        command="retry",
        hint="ask again",
        waits=True,
    ),
    Action(
        "schedule",
        "Ask again later",
        "Ask a degraded turn's prompt again by itself, once it can work",
        "transcript",
        ("s",),
        command="schedule",
        waits=True,
    ),
    Action(
        "take_draft",
        "Take the draft",
        "Take what a degraded turn shows for its answer",
        "transcript",
        ("o",),
        command="take",
        waits=True,
    ),
    Action(
        "rate('good')",
        "Good answer",
        "Say that the answer, or the draft, is good",
        "transcript",
        ("g",),
        command="good",
        waits=True,
    ),
    Action(
        "rate('bad')",
        "Bad answer",
        "Say that the answer, or the draft, is bad",
        "transcript",
        ("b",),
        command="bad",
        waits=True,
    ),
    Action(
        "compare",
        "Compare",
        "Hold a superseded draft against its answer",
        "transcript",
        ("d",),
        command="compare",
        waits=True,
    ),
    Action(
        "edit",
        "Edit",
        "Edit the prompt and send it anew, as a branch",
        "transcript",
        ("e",),
        command="edit",
        hint="edit",
        waits=True,
    ),
    Action(
        "find",
        "Find in chat",
        "Mark words in this chat",
        "transcript",
        ("f",),
        command="find",
        argument="WORDS",
        hint="find",
        waits=True,
    ),
    Action("next_prompt", "Next prompt", "Go to your next prompt", "transcript", ("right_square_bracket",)),
    Action("previous_prompt", "Previous prompt", "Go to your previous prompt", "transcript", ("left_square_bracket",)),
    Action("quit", "Leave", "Leave Pointsman; everything is kept", keys=("ctrl+q",), command="quit", hint="leave"),
)

TRANSCRIPT_KEYS: tuple[tuple[str, str], ...] = (
    ("j / k", "Next and previous message"),
    ("↑ ↓ PgUp PgDn", "Scroll; End follows the answer again"),
    ("Enter", "Unfold or fold a draft"),
    ("i", "Back to the composer"),
    ("/", "Begin a command in the composer"),
)
"""Keys that the transcript itself answers, for the help screen."""


def by_command(word: str) -> Action | None:
    """The action of a slash command, or of an unmistakable beginning of one."""
    if not word:
        return None
    exact = [action for action in ACTIONS if action.command == word]
    if exact:
        return exact[0]
    close = [action for action in ACTIONS if action.command.startswith(word)]
    return close[0] if len(close) == 1 else None


def completions(typed: str) -> list[Action]:
    """Actions whose command begins with what is typed after the slash."""
    return [action for action in ACTIONS if action.command and action.command.startswith(typed)]


_GLYPHS = {
    "escape": "Esc",
    "enter": "Enter",
    "up": "↑",
    "down": "↓",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def key_name(key: str) -> str:
    """`ctrl+n` as `Ctrl-N`, `f1` as `F1`."""
    *modifiers, last = key.split("+")
    shown = _GLYPHS.get(last) or (last.upper() if len(last) > 1 or modifiers else last)
    return "-".join([*(modifier.capitalize() for modifier in modifiers), shown])
