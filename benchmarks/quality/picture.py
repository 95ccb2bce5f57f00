"""Draws the campus benchmark as horizontal bars with their intervals, in an SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, ROW, LEFT, RIGHT, TOP = 720, 44, 130, 120, 56
COLOURS = {
    "chance": "#9aa4b2",
    "popularity": "#7b8ea8",
    "cobi": "#2f6fde",
    "informed": "#5aa9a0",
    "mind-reader": "#c9a227",
}
NAMES = {
    "chance": "Chance",
    "popularity": "Popularity",
    "cobi": "Cobi",
    "informed": "Informed",
    "mind-reader": "Mind-reader",
}

Bar = tuple[str, float, float]
"""(policy, mean, half-width of the 95 % interval)"""


def draw(bars: Sequence[Bar], seeds: int) -> str:
    """The picture; bars in the order given."""
    scale = (WIDTH - LEFT - RIGHT) / max(mean + half for _, mean, half in bars)
    height = TOP + ROW * len(bars) + 30
    rows = "\n".join(_row(at, bar, scale) for at, bar in enumerate(bars))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"
  font-family="system-ui, sans-serif" aria-label="Code reveals per 1,000 impressions by policy">
<style>text {{ fill: #1f2733 }} .soft {{ fill: #5b6675 }} .whisker {{ stroke: #1f2733 }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e8ecf2 }} .soft {{ fill: #a5b0bf }} .whisker {{ stroke: #e8ecf2 }}
}}</style>
<text x="0" y="20" font-size="17" font-weight="600">Codes revealed per 1,000 offers shown</text>
<text x="0" y="40" font-size="12" class="soft">simulated campus, retrained on its own feedback;
  mean of {seeds} worlds, 95 % interval</text>
{rows}
</svg>
"""


def _row(at: int, bar: Bar, scale: float) -> str:
    policy, mean, half = bar
    y = TOP + ROW * at
    middle, length = y + ROW / 2 - 4, mean * scale
    low, high = LEFT + (mean - half) * scale, LEFT + (mean + half) * scale
    weight = ' font-weight="600"' if policy == "cobi" else ""
    label = f'<text x="{LEFT - 12}" y="{middle + 5:.0f}" font-size="14" text-anchor="end"{weight}>'
    return f"""{label}{NAMES[policy]}</text>
<rect x="{LEFT}" y="{y + 4}" width="{length:.1f}" height="{ROW - 16}" rx="3" fill="{COLOURS[policy]}"/>
<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" class="whisker"/>
<text x="{high + 10:.1f}" y="{middle + 5:.0f}" font-size="14"{weight}>{mean:.1f}</text>"""
