"""What a test needs of the machine that it runs on."""

from __future__ import annotations

import os

import pytest

needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows files have no modes that keep other users out")
needs_a_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminal to run the program in")
