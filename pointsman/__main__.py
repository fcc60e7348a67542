"""`python -m pointsman`."""

from __future__ import annotations

from pointsman import main

main()
