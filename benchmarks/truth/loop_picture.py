"""Draws the closed loop as lines over days, in an SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 360, 40, 190, 64, 40
COLOURS = {
    "Cobi, trained every night": "#2f6fde",
    "Cobi, trained once": "#8fb3f0",
    "Popularity": "#7b8ea8",
    "Mind-reader": "#c9a227",
}
_LINE = 16


def draw(lines: Mapping[str, Sequence[float]]) -> str:
    """The picture; each line has a value for each day."""
    days = max(len(values) for values in lines.values())
    top = 10 * (int(max(map(max, lines.values())) / 10) + 1)
    across, up = (WIDTH - LEFT - RIGHT) / max(days - 1, 1), (HEIGHT - TOP - BOTTOM) / top
    floor = HEIGHT - BOTTOM
    step = 10 if top <= 60 else 20
    grid = "\n".join(_level(value, floor - value * up) for value in range(0, top + 1, step))
    marks = "\n".join(_day(day, LEFT + (day - 1) * across, floor) for day in (1, *range(10, days + 1, 10)))
    labels = _apart({name: floor - values[-1] * up for name, values in lines.items()})
    drawn = "\n".join(
        _line(
            name,
            [(LEFT + day * across, floor - value * up) for day, value in enumerate(values)],
            labels[name],
        )
        for name, values in lines.items()
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"
  font-family="system-ui, sans-serif" aria-label="Code reveals per 1,000 impressions over sixty days by policy">
<style>text {{ fill: #1f2733 }} .soft {{ fill: #5b6675 }} .grid {{ stroke: #d5dbe3 }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e8ecf2 }} .soft {{ fill: #a5b0bf }} .grid {{ stroke: #3a4452 }}
}}</style>
<text x="0" y="20" font-size="17" font-weight="600">Codes revealed per 1,000 offers shown, day by day</text>
<text x="0" y="40" font-size="12" class="soft">simulated campus whose tastes turn by 59 degrees;
  mean of the week around each day</text>
{grid}
{marks}
{drawn}
</svg>
"""


def _level(value: int, y: float) -> str:
    return f"""<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>
<text x="{LEFT - 8}" y="{y + 4:.1f}" font-size="11" text-anchor="end" class="soft">{value}</text>"""


def _day(day: int, x: float, y: float) -> str:
    label = f"day {day}" if day == 1 else day
    return (
        f'<text x="{x:.1f}" y="{y + 20:.1f}" font-size="11" text-anchor="middle" class="soft">{label}</text>'
    )


def _line(name: str, points: Sequence[tuple[float, float]], label: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    weight = ' font-weight="600"' if "every night" in name else ""
    return f"""<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2.5"/>
<text x="{points[-1][0] + 8:.1f}" y="{label + 4:.1f}" font-size="13"{weight}>{name}</text>"""


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """The same places, none so near to another that two texts meet."""
    moved: dict[str, float] = {}
    for name, y in sorted(places.items(), key=lambda one: one[1]):
        lowest = max(moved.values(), default=-1e9) + _LINE
        moved[name] = max(y, lowest)
    return moved
