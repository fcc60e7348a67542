"""Curves as signs and as SVG: all of them, within their frame, whatever they are called."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from routing.evaluation.chart import Chart, drawn, svg
from routing.evaluation.figures import Figure
from routing.evaluation.metrics import Point

HOSTILE = "<script>&\"'\x1b[31m\n]]>"


def a_chart(name: str = "learned", flat: bool = False) -> Chart:
    heights = [0.5, 0.5, 0.5] if flat else [0.5, 0.75, 0.9]
    curve = tuple(
        Point(0.1 + 0.45 * n, Figure(height, height - 0.05, height + 0.05, 10)) for n, height in enumerate(heights)
    )
    unknown = (Point(0.2, Figure(None, None, None, 10)),)
    return Chart(
        f"set: {name}", {name: curve, "second": curve[::2], "unknown": unknown}, ((0.1, 0.5), (1.0, heights[-1]))
    )


@pytest.mark.parametrize("flat", [False, True])
def test_signs_stay_in_their_frame(flat: bool) -> None:
    title, *lines = drawn(a_chart(flat=flat)).splitlines()
    assert title == "set: learned"
    plot = [line for line in lines if "│" in line]
    assert len(plot) == 16
    assert all(len(line) <= 8 + 64 for line in plot)
    assert "● learned  ▲ second  ■ unknown  · random" in lines[-1]
    assert "".join(plot).count("●") == 3


def test_the_axes_say_what_is_drawn() -> None:
    lines = drawn(a_chart()).splitlines()
    assert lines[1].startswith(" 0.900 │")
    assert lines[16].startswith(" 0.500 │")
    assert lines[18].split() == ["0.10", "cost,", "strong", "calls", "1.00"]


@pytest.mark.parametrize("flat", [False, True])
def test_a_picture_has_each_curve_with_its_band_inside_the_frame(flat: bool) -> None:
    picture = ElementTree.fromstring(svg(a_chart(flat=flat)))
    space = "{http://www.w3.org/2000/svg}"
    assert len(picture.findall(f"{space}polyline")) == 4
    assert len(picture.findall(f"{space}polygon")) == 3
    for shape in [*picture.findall(f"{space}polyline"), *picture.findall(f"{space}polygon")]:
        for point in shape.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 760
            assert 0 <= y <= 460


def test_names_are_text_in_a_picture() -> None:
    picture = ElementTree.fromstring(svg(a_chart(HOSTILE)))
    assert not [one for one in picture.iter() if "script" in one.tag]
    texts = [one.text for one in picture.iter() if one.text and "script" in one.text]
    assert texts
    assert all("\x1b" not in text and "\n" not in text for text in texts)
