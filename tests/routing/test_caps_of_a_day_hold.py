"""The cap of a day: the stricter of two, raised by what was asked for with a reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.budget.accounts import Accounts
from routing.budget.caps import Caps
from routing.budget.scopes import Sum
from tests.fakes import a_policy

CAP = st.one_of(st.none(), st.integers(0, 5))
RAISED = st.integers(0, 3)


@given(CAP, CAP, CAP, RAISED, RAISED, st.integers(0, 12), st.integers(0, 12))
def test_what_a_day_leaves(
    machine: int | None, pretended: int | None, profile: int | None, more: int, more_pretended: int, real: int, sim: int
) -> None:
    """A profile is never laxer than the machine; each kind of money has its own sums, caps and raises."""
    sums = (Sum("day", "all", False, real), Sum("day", "all", True, sim), Sum("session", "all", False, 1_000))
    accounts = Accounts(sums, (more, more_pretended))
    view = accounts.view(Caps(machine, pretended), a_policy(day_cap_nusd=profile), 7, 60.0)
    found = ((view.day_left_nusd, view.day_cap_nusd), (view.simulated_day_left_nusd, view.simulated_day_cap_nusd))
    for (left, cap), own, raised, taken in zip(
        found, (machine, pretended), (more, more_pretended), (real, sim), strict=True
    ):
        if own is None and profile is None:
            assert (left, cap) == (None, None)
            continue
        stricter = own if profile is None or (own is not None and own < profile) else profile
        assert stricter is not None
        assert cap == stricter + raised
        assert left == (stricter + raised - taken if stricter + raised > taken else 0)
