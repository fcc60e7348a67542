"""Past requests of the user, and examples that the user keeps, that are like a new one."""

from __future__ import annotations
