"""What the client loads before its first paint: nothing that is slow to load and not yet needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SLOW = ("pydantic", "httpx", "genai_prices", "markdown_it", "routing.events", "routing.simulator")
PROGRAM = """
import asyncio, sys
from pathlib import Path
from app.client import Client
from app.controls.base import Launch
from app.settings import Paths, read_settings

painted = []

class Painting(Client):
    async def _open_runtime(self):
        painted.extend(name for name in sys.modules)
        self.exit()

async def main(home):
    paths = Paths(home / "data", home / "config.yaml")
    async with Painting(paths, read_settings(paths), Launch()).run_test(size=(120, 40)) as pilot:
        while not painted:
            await pilot.pause()

asyncio.run(main(Path(sys.argv[1])))
print("\\n".join(painted))
"""


def test_nothing_slow_is_loaded_before_the_first_paint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert "app.chat.transcript" in loaded
    assert [name for name in loaded if name.startswith(SLOW)] == []
