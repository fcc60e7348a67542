"""`pointsman simulate`: the simulated providers as a server of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    providers = simulator.providers()
    urls = {
        one["name"]: f"http://{HOST}:{port}/{one['name']}/v1" if port else str(one["base_url"]) for one in providers
    }
    lines = [f"{name}  {url}" for name, url in urls.items()]
    url = next(iter(urls.values()))
    lines += [
        "",
        "In config.yaml:",
        "  providers:",
        *(f"    {name}: {{base_url: {url}}}" for name, url in urls.items()),
        f"Or any program that speaks to OpenAI: OPENAI_BASE_URL={url}",
        f'Break one:  curl -d \'{{"kind": "429", "times": 1}}\' {url}/faults   ("kind": null mends it)',
        "Ctrl-C stops.",
    ]
    tell("\n".join(lines))
    sys.stdout.flush()
