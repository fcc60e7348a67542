"""`python -m routing.simulator.skills` prints the table of skills for the documents."""

from __future__ import annotations

import sys

from routing.simulator.skills import skill_table

sys.stdout.write(skill_table() + "\n")
