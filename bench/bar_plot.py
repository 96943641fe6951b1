"""Bars with a number beside each as an SVG, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 720, 250, 110, 52, 34
_STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 }
    .bar0 { fill: #0550ae } .bar1 { fill: #8c959f } .mark { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 5 4 }
    .paper { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .paper { fill: #0d1117 } .bar0 { fill: #79c0ff } .bar1 { fill: #6e7681 }
      .mark { stroke: #ffa657 }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One bar; what was `asked` for is a mark across it, 0 for none."""

    name: str
    value: float
    label: str
    ours: bool = False
    asked: float = 0


def bars(title: str, groups: Mapping[str, Sequence[Bar]]) -> str:
    """Groups of bars by their headings, each group with a scale of its own."""
    parts: list[str] = []
    y = _TOP
    for heading, group in groups.items():
        scale = (_WIDTH - _LEFT - _RIGHT) / max(max(bar.value, bar.asked) for bar in group)
        parts.append(f'  <text class="title" x="16" y="{y}">{heading}</text>')
        y += 14
        for bar in group:
            width = round(bar.value * scale, 1)
            parts += [
                f'  <text x="{_LEFT - 8}" y="{y + 17}" text-anchor="end">{bar.name}</text>',
                f'  <rect class="bar{int(not bar.ours)}" x="{_LEFT}" y="{y + 2}" width="{width}" height="20" rx="2"/>',
                f'  <text x="{_LEFT + max(width, bar.asked * scale) + 6:.1f}" y="{y + 17}">{bar.label}</text>',
            ]
            if bar.asked:
                x = round(_LEFT + bar.asked * scale, 1)
                parts.append(f'  <line class="mark" x1="{x}" y1="{y - 2}" x2="{x}" y2="{y + 26}"/>')
            y += _ROW
        y += 26
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" role="img" aria-labelledby="title">\n'
        f'  <title id="title">{title}</title>\n  <style>{_STYLE}  </style>\n'
        f'  <rect class="paper" width="{_WIDTH}" height="{y}" rx="8"/>\n'
        f'  <text class="title" x="16" y="24">{title}</text>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
