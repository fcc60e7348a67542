"""Heights, and the view that is derived from them: checked against plain sums and against walking every row."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.chat.entries import Entry, MessageView
from app.chat.heights import Heights, estimate
from app.chat.message import Message
from app.chat.messages import Messages
from app.chat.viewport import Anchor, Viewport

rows = st.integers(1, 50)


class HeightsAgainstAList(RuleBasedStateMachine):
    """Whatever happens to the list, prefixes and positions are those of plain sums."""

    def __init__(self) -> None:
        super().__init__()
        self.model: list[int] = []
        self.heights = Heights()

    @rule(value=rows)
    def append(self, value: int) -> None:
        self.model.append(value)
        self.heights.append(value)

    @rule(at=st.integers(0, 99), value=rows)
    def insert(self, at: int, value: int) -> None:
        at %= len(self.model) + 1
        self.model.insert(at, value)
        self.heights.insert(at, value)

    @rule(at=st.integers(0, 99), value=rows)
    def change(self, at: int, value: int) -> None:
        if self.model:
            self.model[at % len(self.model)] = value
            self.heights[at % len(self.model)] = value

    @rule(at=st.integers(0, 99))
    def remove(self, at: int) -> None:
        if self.model:
            del self.model[at % len(self.model)]
            self.heights.remove(at % (len(self.model) + 1))

    @invariant()
    def sums_are_right(self) -> None:
        sums = list(accumulate(self.model, initial=0))
        assert [self.heights.prefix(count) for count in range(len(sums))] == sums
        assert self.heights.total == sums[-1]
        assert [self.heights[index] for index in range(len(self.heights))] == self.model
        for y in range(sums[-1]):
            index = bisect_right(sums, y) - 1
            assert self.heights.find(y) == (index, y - sums[index])
        if self.model:
            assert self.heights.find(sums[-1] + 7) == (len(self.model) - 1, self.model[-1] - 1)


TestHeights = HeightsAgainstAList.TestCase
TestHeights.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_an_estimate_is_near_the_truth() -> None:
    text = "The signal at the junction shows green and the points are set. " * 12 + "\n\n- one\n- two\n"
    entry = Entry("a", "answer", len(text), text.count("\n"))
    real = len(Message(entry, MessageView((("answer", ""),), text), 70).rows)
    assert abs(real - estimate(entry.characters, entry.newlines, 70)) <= 3


def a_view(lengths: list[int], height: int) -> Viewport:
    """A chat of messages of so many lines, of which no height is known yet."""
    texts = ["\n".join(f"{n}.{line}" for line in range(length)) for n, length in enumerate(lengths)]
    messages = Messages(lambda identity: MessageView((("you", ""),), texts[int(identity)], plain=True))
    messages.replace(Entry(str(n), "you", 0, 0) for n in range(len(lengths)))
    view = Viewport(messages)
    view.height = height
    return view


lengths = st.lists(st.integers(1, 9), min_size=1, max_size=12)
moves = st.lists(st.tuples(st.sampled_from(["move", "seek", "end", "top"]), st.integers(-30, 30)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(lengths, st.integers(1, 15), moves)
def test_the_view_is_a_window_on_all_rows_and_follows_exactly_at_the_end(
    lengths: list[int], height: int, moves: list[tuple[str, int]]
) -> None:
    view = a_view(lengths, height)
    # Header, text, gap; a message without text still has one line.
    whole = [(index, row) for index, length in enumerate(lengths) for row in range(length + 2)]
    for kind, amount in moves:
        match kind:
            case "move":
                view.move(amount)
            case "seek":
                view.seek(abs(amount))
            case "end":
                view.follow()
            case _:
                view.show(abs(amount) % len(lengths), 0)
        shown = view.rows()
        first = whole.index(shown[0])
        assert shown == whole[first : first + height]
        assert len(shown) == min(height, len(whole))
        assert view.following == (first + height >= len(whole))
        assert view.top == Anchor(*shown[0])
        assert view.y == sum(view._messages.heights[index] for index in range(shown[0][0])) + shown[0][1]


@settings(max_examples=100, deadline=None)
@given(lengths, st.integers(1, 10), st.integers(0, 40), st.integers(1, 20))
def test_a_walk_up_and_down_again_ends_where_it_began(lengths: list[int], height: int, start: int, steps: int) -> None:
    view = a_view(lengths, height)
    view.move(-start)
    before = view.rows()
    above = sum(length + 2 for length in lengths[: before[0][0]]) + before[0][1]
    view.move(-min(steps, above))
    view.move(min(steps, above))
    assert view.rows() == before
