"""What the setup screen lists: every provider that was found, and every service that only lacks its key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.providers.contract import ProviderConfig
from routing.providers.known import SERVICES, service_at

if TYPE_CHECKING:
    from app.setup.calling import Called
    from app.sources import Checked, Sources


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider as far as it is known. `checked` None: nobody gave a key yet; `calling`: it is being asked now."""

    config: ProviderConfig
    checked: Checked | None = None
    called: Called | None = None
    calling: bool = False

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def key_name(self) -> str:
        """The name under which its key is read; empty where it takes none."""
        return self.config.key or ""

    @property
    def problem(self) -> str | None:
        """The sentence of what is wrong, if something is."""
        if self.checked is not None and self.checked.problem:
            return self.checked.problem
        return self.called.problem if self.called is not None else None

    @property
    def wants_key(self) -> bool:
        """Whether a key is what it needs next."""
        return self.config.key is not None and (self.checked is None or self.checked.wants_key)

    @property
    def key_page(self) -> str:
        """Where a person gets a key; empty where that is not known: a server of one's own has none."""
        service = service_at(self.config.base_url)
        return service.key_page if service else ""


def list_entries(
    sources: Sources, called: Mapping[str, Called], calling: Collection[str], *, services: bool
) -> tuple[Entry, ...]:
    """Those found first. `services`: those that lack their key are of use; not so where `config.yaml` names its
    providers, nor offline."""
    found = [
        Entry(checked.config, checked, called.get(checked.config.name), checked.config.name in calling)
        for checked in sources.checked
    ]
    names = {entry.name for entry in found}
    missing = [
        Entry(ProviderConfig(service.name, service.base_url, service.dialect, service.key))
        for service in SERVICES
        if services and service.name not in names
    ]
    return (*found, *missing)
