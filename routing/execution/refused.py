"""What models turned out not to take, whatever the registry says of them: a call is made once more without it."""

from __future__ import annotations

from dataclasses import replace

from routing.registry.model import Model


class Refused:
    """Capabilities of the registry, `temperature` and `seed`, by model; kept while the program runs."""

    def __init__(self) -> None:
        self._of: dict[str, frozenset[str]] = {}

    def note(self, model: str, capability: str) -> bool:
        """Whether that is news."""
        known = self._of.get(model, frozenset())
        self._of[model] = known | {capability}
        return capability not in known

    def fitted(self, model: Model) -> Model:
        """The model with no more capabilities than it takes."""
        refused = self._of.get(model.id)
        if not refused:
            return model
        capabilities = model.capabilities - refused
        if "temperature" in refused:
            capabilities |= {"fixed_temperature"}
        return replace(
            model,
            capabilities=capabilities,
            determinism="none" if refused & {"temperature", "seed"} else model.determinism,
        )

    def all(self) -> tuple[tuple[str, str], ...]:
        """Pairs of model and capability, in a fixed order."""
        return tuple((model, one) for model in sorted(self._of) for one in sorted(self._of[model]))

    def reset(self) -> None:
        """The configuration changed: forget what was."""
        self._of.clear()
