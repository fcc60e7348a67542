"""`python -m benchmarks.evidence --data FOLDER [--out FILE]` writes docs/evidence.md from recorded outcomes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.evidence.page import page
from routing.errors import ConfigurationError

_PLACE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the sets lie")
    parser.add_argument("--out", type=Path, default=_PLACE, metavar="FILE", help="the page (docs/evidence.md)")
    options = parser.parse_args()
    try:
        with threadpool_limits(limits=1):
            text = page(options.data)
        options.out.write_text(text, encoding="utf-8")
    except (ConfigurationError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
