"""Nothing is ever handed to a shell, evaluated or unpickled, and programs are started in one place only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN_CALLS = {
    *("os.system", "os.popen", "eval", "exec", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("asyncio.create_subprocess_shell", "pickle.load", "pickle.loads", "marshal.loads", "shelve.open"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "ctypes.CDLL"),
}
FORBIDDEN_IMPORTS = {"subprocess", "pickle", "marshal", "shelve", "pty", "telnetlib", "ctypes", "webbrowser"}
STARTS_PROGRAMS = {"asyncio.create_subprocess_exec"}
MAY_START = {"app/controls/copying.py"}
MAY_LOAD = "app/memory.py"
"""It asks C's allocator, which is in the program already, to give memory back: no other library is loaded."""


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    files = [path for package in ("app", "routing", "pointsman") for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in files)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_nothing_is_handed_to_a_shell_or_evaluated() -> None:
    found = [
        (file, name)
        for file, tree in modules()
        for name, _ in calls(tree)
        if name in FORBIDDEN_CALLS and (file, name) != (MAY_LOAD, "ctypes.CDLL")
    ]
    found += [(file, "shell=") for file, tree in modules() for _, call in calls(tree) if _has_shell(call)]
    assert found == []


def _has_shell(call: ast.Call) -> bool:
    return any(keyword.arg == "shell" for keyword in call.keywords)


def test_no_module_that_starts_programs_or_unpickles_is_imported() -> None:
    found = [(file, name) for file, tree in modules() for name in imported(tree) if name in FORBIDDEN_IMPORTS]
    assert found == [(MAY_LOAD, "ctypes")]


def test_no_library_is_loaded_but_the_one_that_runs() -> None:
    loads = [
        call for file, tree in modules() if file == MAY_LOAD for name, call in calls(tree) if name == "ctypes.CDLL"
    ]
    assert [ast.unparse(call) for call in loads] == ["ctypes.CDLL(None)"]


def test_only_the_clipboard_starts_programs_and_their_names_are_fixed() -> None:
    found = {file for file, tree in modules() for name, _ in calls(tree) if name in STARTS_PROGRAMS}
    assert found == MAY_START
    from app.controls.copying import _programs

    assert all(word.isascii() and " " not in word for _, command, _ in _programs() for word in command)


def test_code_of_a_model_is_parsed_and_never_compiled() -> None:
    """Python's `compile` with this flag gives a tree, no code."""
    found = [
        (file, ast.unparse(call.args[-1]))
        for file, tree in modules()
        for name, call in calls(tree)
        if name == "compile"
    ]
    assert found == [("routing/confidence/form.py", "flags")]
    text = (ROOT / "routing/confidence/form.py").read_text(encoding="utf-8")
    assert "flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT" in text


def test_the_check_sees_what_it_looks_for() -> None:
    tree = ast.parse("import subprocess\nos.system('x')\nrun('x', shell=True)")
    assert "subprocess" in imported(tree)
    assert any(name in FORBIDDEN_CALLS for name, _ in calls(tree))
    assert any(_has_shell(call) for _, call in calls(tree))
