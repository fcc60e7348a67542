"""`pointsman demo`: eight prepared turns with their traces. It needs no terminal, no key and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.manners import well_behaved

if TYPE_CHECKING:
    from app.cli.running import Stop
    from app.settings import Paths


@click.command()
@click.option("--fault", "faults", multiple=True, metavar="P:KIND", help="Break a simulated provider for all turns.")
@well_behaved
def demo(paths: Paths, faults: tuple[str, ...]) -> int:
    """Play eight turns on the simulated providers, each with its trace, then the summary.

    Its ledger is thrown away, unless --data-dir names a folder for it.
    """
    from app.cli.running import run

    context = click.get_current_context()
    keep = bool(context.params.get("data_dir") or context.find_root().params.get("data_dir"))

    async def main(_: Stop) -> int:
        from app.demo.play import play

        await play(paths.data_dir if keep else None, faults)
        return 0

    return run(main)
