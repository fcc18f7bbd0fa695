"""Charts as SVG that takes its colors from the page, so that it suits light and dark, and whose text stays text.

Drawn here and not by a library: matplotlib's import alone takes 0.55 s, half as long as a small run, each chart 50 ms
more, and it brings 95 MB; pygal needs scripts for its marks. The few kinds of chart of this page take 2 ms together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dltool.report.axes import Axis
from dltool.report.markup import Content, Markup, element, joined

#: of a chart in its own units; it takes the width that the page gives it
WIDTH, HEIGHT = 380, 230
_TOP, _RIGHT, _BOTTOM = 18, 12, 36
_LETTER = 6.4  # width of a character, about
_LAYERS = 8  # of a cloud

Point = tuple[float, float]


class Chart:
    """Axes, and what is drawn between them; `about` describes the chart for screen readers."""

    def __init__(self, x: Axis, y: Axis, about: str, *, x_title: str = "", height: int = HEIGHT):
        self._x, self._y, self._about = x, y, about
        self._left = 12 + _LETTER * max((len(text) for _, text in y.marks), default=1)
        self._height = height
        self._inner = (WIDTH - self._left - _RIGHT, height - _TOP - _BOTTOM)
        self._cut: list[Markup] = []  # clipped to the axes
        self._free: list[Markup] = []
        self._x_title = x_title

    def line(self, points: Iterable[Point], style: str) -> None:
        """A line through points."""
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._place, points))
        self._cut.append(element("polyline", points=drawn, class_=f"line {style}"))

    def band(self, low: Sequence[Point], high: Sequence[Point], style: str) -> None:
        """The area between two lines."""
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._place, [*low, *reversed(high)]))
        self._cut.append(element("polygon", points=drawn, class_=f"band {style}"))

    def cloud(self, points: Iterable[Point], style: str) -> None:
        """Many small dots; overlapping dots have a stronger color, up to the number of layers."""
        drawn = [f"M{x:.1f} {y:.1f}h0" for x, y in map(self._place, points)]
        layers = ("".join(drawn[layer::_LAYERS]) for layer in range(_LAYERS))
        self._cut += [element("path", d=layer, class_=f"cloud {style}") for layer in layers]

    def dots(self, points: Iterable[Point], titles: Iterable[str], style: str, *, radius: float = 3.5) -> None:
        """Dots with tooltips."""
        for (x, y), title in zip(map(self._place, points), titles, strict=True):
            if -1 <= y <= self._inner[1] + 1:
                circle = element("circle", element("title", title), cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius)
                self._free.append(element("g", circle, class_=f"dot {style}"))

    def bars(self, edges: Sequence[float], heights: Sequence[float], titles: Iterable[str], style: str) -> None:
        """A bar between each two neighboring edges, up or down from 0, or from the low end of an axis above it."""
        base = max(0.0, self._y.low)
        for low, high, height, title in zip(edges[:-1], edges[1:], heights, titles, strict=True):
            left, top = self._place((low, max(height, base)))
            right, bottom = self._place((high, min(height, base)))
            width = max(right - left - 1, 0.5)
            self._cut.append(
                element(
                    "rect",
                    element("title", title),
                    x=f"{left + (right - left - width) / 2:.1f}",
                    y=f"{top:.1f}",
                    width=f"{width:.1f}",
                    height=f"{max(bottom - top, 0):.1f}",
                    class_=f"bar {style}",
                )
            )

    def upright(self, value: float, text: str) -> None:
        """A vertical line at `value`, with a label above it."""
        x, _ = self._place((value, self._y.low))
        width, height = self._inner
        self._cut.append(element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=0, y2=height, class_="mark"))
        reach = _LETTER * len(text) / 2
        anchor = "start" if x < reach else "end" if x + reach > width + _RIGHT else "middle"
        self._free.append(element("text", text, x=f"{x:.1f}", y=-6, text_anchor=anchor, class_="said"))

    def drawn(self) -> Markup:
        """The chart as SVG."""
        width, height = self._inner
        return element(
            "svg",
            element("g", self._marks(), transform=f"translate({self._left:.1f} {_TOP})"),
            element("svg", self._cut, x=f"{self._left:.1f}", y=_TOP, width=f"{width:.1f}", height=height),
            element("g", self._free, transform=f"translate({self._left:.1f} {_TOP})"),
            self._title(),
            viewBox=f"0 0 {WIDTH} {self._height}",
            role="img",
            aria_label=self._about,
            class_="chart",
        )

    def _marks(self) -> Markup:
        """Lines and numbers of both axes."""
        width, height = self._inner
        parts: list[Content] = []
        for value, text in self._y.marks:
            y = f"{(1 - self._y.at(value)) * height:.1f}"
            parts.append(element("line", x1=0, x2=f"{width:.1f}", y1=y, y2=y, class_="grid"))
            parts.append(element("text", text, x=-7, y=y, dy="0.35em", text_anchor="end"))
        for value, text in self._x.marks:
            x = self._x.at(value) * width
            anchor = "end" if x > width - _LETTER * len(text) / 2 + _RIGHT + 4 else "middle"
            parts.append(element("text", text, x=f"{x:.1f}", y=height + 15, text_anchor=anchor))
        parts.append(element("line", x1=0, x2=f"{width:.1f}", y1=height, y2=height, class_="axis"))
        return joined(*parts)

    def _title(self) -> Markup:
        place = {"x": f"{self._left + self._inner[0] / 2:.1f}", "y": self._height - 5}
        return element("text", self._x_title, text_anchor="middle", class_="title", **place)

    def _place(self, point: Point) -> Point:
        width, height = self._inner
        return self._x.at(point[0]) * width, (1 - self._y.at(point[1])) * height


def figure(title: Content, drawing: Content, *, key: Iterable[tuple[str, str]] = (), note: Content = None) -> Markup:
    """A drawing below its title, with a key of (style, what it stands for) and a note beneath."""
    names = [element("span", name, class_=f"key {style}") for style, name in key]
    caption = element("figcaption", element("b", title), element("span", names, class_="keys") if names else None)
    return element("figure", caption, drawing, element("p", note, class_="note") if note else None)


def sparkline(heights: Sequence[float]) -> Markup:
    """A distribution drawn as small as a word."""
    width, height = 84.0, 20.0
    most = max(heights, default=0) or 1
    step = width / max(1, len(heights))
    drawn = ""
    for index, one in enumerate(heights):
        high = max(one / most * height, 0.6 if one else 0.0)
        drawn += f"M{index * step:.1f} {height:g}v{-high:.1f}h{step - 0.8:.1f}V{height:g}z"
    box = f"0 0 {width:g} {height:g}"
    return element("svg", element("path", d=drawn), viewBox=box, class_="spark", aria_hidden="true")
