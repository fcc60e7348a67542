"""`pointsman simulate`: the simulated providers as a server of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from app.cli.manners import tell, well_behaved

if TYPE_CHECKING:
    from app.cli.running import Stop
    from app.settings import Paths
    from routing.simulator import Simulator

HOST = "127.0.0.1"


@click.command()
@click.option("--port", type=click.IntRange(0, 65_000), default=0, metavar="N", help="All providers at this port.")
@click.option("--speed", type=click.FloatRange(0), default=1.0, metavar="X", help="Times as fast; 0 waits for nothing.")
@click.option("--seed", type=int, default=0, metavar="N", help="The same seed gives the same answers.")
@click.option("--fault", "faults", multiple=True, metavar="P:KIND", help="Break a provider; may be repeated.")
@well_behaved
def simulate(paths: Paths, port: int, speed: float, seed: int, faults: tuple[str, ...]) -> int:
    """Serve the simulated providers until Ctrl-C."""
    from app.cli.running import run
    from routing.errors import ConfigurationError
    from routing.simulator import parse_fault, provider_names, serve

    try:
        parsed = [parse_fault(text, provider_names()) for text in faults]
    except ValueError as error:
        raise ConfigurationError(f"--fault: {error}") from error

    async def main(_: Stop) -> int:
        await serve(
            port,
            seed=seed,
            speed=speed,
            documents=paths.documents,
            faults=parsed,
            ready=lambda simulator: _introduce(simulator, port),
        )
        return 0

    try:
        return run(main)
    except OSError as error:
        raise ConfigurationError(f"Port {port} cannot be used ({error.strerror or error}): choose another.") from error


def _introduce(simulator: Simulator, port: int) -> None:
    """The addresses, and how they are used."""
    import sys

    from routing.simulator import DIALECTS

    urls = {dialect: _urls(simulator, port, dialect) for dialect in DIALECTS}
    lines = [f"{name}  {url}" for name, url in urls["openai"].items()]
    name, url = next(iter(urls["openai"].items()))
    lines += [
        "",
        "Every dialect that each speaks:",
        *(f"  {name}  {dialect:9}  {found[name]}" for name in urls["openai"] for dialect, found in urls.items()),
        "In config.yaml:",
        "  providers:",
        *(f"    {name}: {{base_url: {url}}}" for name, url in urls["openai"].items()),
        f"In another dialect:  {name}: {{base_url: {urls['anthropic'][name]}, dialect: anthropic}}",
        f"Or any program that speaks to OpenAI: OPENAI_BASE_URL={url}",
        f'Break one:  curl -d \'{{"kind": "429", "times": 1}}\' {url}/faults   ("kind": null mends it)',
        "Ctrl-C stops.",
    ]
    tell("\n".join(lines))
    sys.stdout.flush()


def _urls(simulator: Simulator, port: int, dialect: str) -> dict[str, str]:
    """Where each provider is reached: at the one port for all, where there is one."""
    providers = simulator.providers(dialect)
    if not port:
        return {one["name"]: one["base_url"] for one in providers}
    return {one["name"]: f"http://{HOST}:{port}{urlsplit(one['base_url']).path}" for one in providers}
