"""Code in an answer, and what is left of it when it does not matter how it is written."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from routing.analysis.terms.rows import words

_MOST_PARSED = 50_000
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = words("python py python3")
_HASH_COMMENTS = _PYTHON | words("sh bash zsh shell ruby rb perl r yaml toml dockerfile makefile")
_NO_PROGRAM = words("json text txt plaintext markdown md latex tex") | {""}
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_HASH_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Program:
    """`form` is equal for two programs that differ in layout, comments and documentation alone; `pieces` are the pairs
    of tokens next to each other."""

    form: str
    pieces: Counter[tuple[str, str]]


def program_in(text: str) -> Program | None:
    """The longest fenced block of an answer; None where there is none with any code in it."""
    blocks = [(match.group(2).lower(), match.group(3)) for match in _FENCE.finditer(text)]
    language, code = max(blocks, key=lambda block: len(block[1].strip()), default=("", ""))
    code = code[:_MOST_PARSED]
    comment = _HASH_COMMENT if language in _HASH_COMMENTS else _COMMENT
    tokens = _TOKEN.findall(comment.sub(" ", code))
    if not tokens:
        return None
    form = _python_form(code) if language in _PYTHON or not language else None
    return Program(form or " ".join(tokens), Counter(pairwise(["", *tokens])))


def without_programs(text: str) -> str:
    """The answer without the blocks that are marked as being in a programming language."""
    return _FENCE.sub(lambda match: match.group() if match.group(2).lower() in _NO_PROGRAM else " ", text)


def _python_form(code: str) -> str | None:
    """None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(textwrap.dedent(code))
            for node in ast.walk(tree):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    node.body = [line for line in node.body if not _says_only(line)]
            return ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _says_only(line: ast.stmt) -> bool:
    """A text that stands alone, as documentation does."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
