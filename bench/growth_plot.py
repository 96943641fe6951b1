"""The growth of time with some size as an SVG with logarithmic axes, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 48, 64
#: Contrast of at least 4.5 on white and 4.2 on #0d1117 is not to be had in one colour; the page's scheme chooses.
_STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .grid { stroke: #d0d7de } .line0 { stroke: #0550ae } .line1 { stroke: #bc4c00; stroke-dasharray: 8 4 }
    .line2 { stroke: #116329; stroke-dasharray: 2 4 } .line3 { stroke: #8250df; stroke-dasharray: 12 4 2 4 }
    polyline, .line0, .line1, .line2, .line3 { fill: none; stroke-width: 2.5 }
    .dot0 { fill: #0550ae } .dot1 { fill: #bc4c00 } .dot2 { fill: #116329 } .dot3 { fill: #8250df }
    .paper { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .grid { stroke: #3d444d } .paper { fill: #0d1117 }
      .line0 { stroke: #79c0ff } .line1 { stroke: #ffa657 } .dot0 { fill: #79c0ff } .dot1 { fill: #ffa657 }
      .line2 { stroke: #7ee787 } .line3 { stroke: #d2a8ff } .dot2 { fill: #7ee787 } .dot3 { fill: #d2a8ff }
    }
"""


@dataclass(frozen=True)
class Axis:
    """What is plotted against what."""

    title: str
    across: str
    up: str
    #: where the horizontal axis has a line, and what stands there
    marks: Mapping[int, str]


LENGTHS = Axis(
    "Seconds to compare two texts, by their length",
    "length of each text",
    "time to compare",
    {5_000: "5 kB", 10_000: "10 kB", 100_000: "100 kB", 1_000_000: "1 MB"},
)


def plot(lines: Mapping[str, Sequence[tuple[int, float]]], axis: Axis = LENGTHS) -> str:
    """`lines`: by name the points (size, seconds), at most four."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    left, right = math.log10(min(xs)) - 0.1, math.log10(max(xs)) + 0.1
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        up = (math.log10(y) - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="title">',
        f'  <title id="title">{axis.title}</title>',
        f"  <style>{_STYLE}  </style>",
        f'  <rect class="paper" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
    ]
    for power in range(low, high + 1):
        x, y = at(10**left, 10**power)
        parts.append(f'  <line class="grid" x1="{x}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>')
        parts.append(f'  <text x="{x - 8}" y="{y + 5}" text-anchor="end">{10**power:g} s</text>')
    for size, name in axis.marks.items():
        if left <= math.log10(size) <= right:
            x, y = at(size, 10**low)
            parts.append(f'  <line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{y}"/>')
            parts.append(f'  <text x="{x}" y="{y + 20}" text-anchor="middle">{name}</text>')
    for number, (name, points) in enumerate(lines.items()):
        path = " ".join(f"{x},{y}" for x, y in (at(*point) for point in points))
        parts.append(f'  <polyline class="line{number}" points="{path}"/>')
        parts += [f'  <circle class="dot{number}" cx="{x}" cy="{y}" r="4"/>' for x, y in (at(*p) for p in points)]
        top = 24 + 20 * number
        parts.append(f'  <line class="line{number}" x1="{_LEFT}" y1="{top - 5}" x2="{_LEFT + 40}" y2="{top - 5}"/>')
        parts.append(f'  <text x="{_LEFT + 48}" y="{top}">{name}</text>')
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    parts.append(f'  <text x="{middle}" y="{_HEIGHT - 16}" text-anchor="middle">{axis.across}</text>')
    parts.append(f'  <text transform="translate(20 {_HEIGHT / 2}) rotate(-90)" text-anchor="middle">{axis.up}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
