"""The demo: eight turns that go as they say, without a terminal, a key or a trace on the machine."""

from __future__ import annotations

import re

from app.demo.scenes import SCENES
from tests.app.cli.conftest import Shell

SIGNS = ("was enough", "not sure enough", "failover:", "retry:", "step down:", "Kept on this machine", "cap:", "tried")


def _scenes(text: str) -> list[str]:
    told, _, _ = text.partition("\nSession ")
    return re.split(r"^\d\. ", told, flags=re.MULTILINE)[1:]


def test_eight_turns_each_as_its_title_says(bare: Shell) -> None:
    done = bare.spawn("demo")
    scenes = _scenes(done.out)
    assert [scene.splitlines()[0] for scene in scenes] == [scene.title for scene in SCENES]
    for scene, sign in zip(scenes, SIGNS, strict=True):
        assert sign in scene
        assert re.search(r"^   → .+\.$", scene, re.MULTILINE)
    assert "superseded" in scenes[1]
    assert "sim-south/handcar · small" in scenes[5]
    assert "answered" not in scenes[7]
    assert "8 (7 answered, 1 degraded)" in done.out
    assert (done.err, list(bare.home.iterdir())) == ("", [])


def test_it_goes_on_under_a_fault_and_keeps_its_ledger_where_it_is_told(bare: Shell) -> None:
    done = bare.run("--data-dir", "kept", "demo", "--fault", "sim-north:401")
    assert len(_scenes(done.out)) == 8
    assert "refused the key" in done.out
    assert bare.run("history", "list", "--data-dir", "kept", "--json").document["chats"]
