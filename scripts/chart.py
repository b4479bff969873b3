#!/usr/bin/env python3
# Draws what decides a lesson, for both twins, as an SVG on standard output: live bytes
# over requests, the peak by size, or resident bytes after bursts.
#
#   scripts/chart.py target/leaklab/comparison.json l11 > docs/charts/l11_session_cache.svg
import json
import sys

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 44, 44

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">
<style>
text {{ font: 14px sans-serif; fill: #3d444d; }}
.paper {{ fill: #ffffff; }}
.grid {{ stroke: #d8dde3; }}
polyline {{ fill: none; stroke-width: 3; }}
.leaky polyline {{ stroke: #b3400b; }} .leaky text {{ fill: #b3400b; font-weight: bold; }}
.fixed polyline {{ stroke: #0b5cad; }} .fixed text {{ fill: #0b5cad; font-weight: bold; }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #b3bcc7; }}
  .paper {{ fill: #14181d; }}
  .grid {{ stroke: #3a434e; }}
  .leaky polyline {{ stroke: #ffa06b; }} .leaky text {{ fill: #ffa06b; }}
  .fixed polyline {{ stroke: #86c3ff; }} .fixed text {{ fill: #86c3ff; }}
}}
</style>
<rect class="paper" width="{width}" height="{height}"/>"""


def step(largest):
    """The distance of grid lines: 1, 2 or 5 times a power of ten, at most five of them."""
    size = 10.0 ** -3
    while True:
        for factor in (1, 2, 5):
            if largest / (size * factor) <= 5:
                return size * factor
        size *= 10


def slope(twin):
    """Live bytes after each round: what they are, the points, and the result in words."""
    each = twin["requests_per_round"]
    points = [((n + 1) * each, live) for n, live in enumerate(twin["live_bytes"])]
    rise = twin["slope_bytes_per_request"]
    flat = abs(rise) <= twin["detection_limit_bytes_per_request"]
    return points, "no growth" if flat else f"{rise:+,.0f} bytes per request"


def peak(twin):
    """Peaks of live bytes by the size of the input."""
    points = [(at["size"], at["peak_bytes"]) for at in twin["peaks"]]
    return points, f"{points[-1][1] / 1e6:,.1f} MB at {points[-1][0]:,}"


def burst(twin):
    """Resident bytes after each round."""
    each = twin["requests_per_round"]
    points = [((n + 1) * each, bytes or 0) for n, bytes in enumerate(twin["resident_bytes"])]
    before = twin["resident_before_bytes"] or 0
    return points, f"{before / 1e6:.0f} MB before, {points[-1][1] / 1e6:.0f} MB after"


def draw(lesson):
    """The lines of the SVG."""
    read, what = {
        "peak": (peak, "peak of live heap memory"),
        "burst": (burst, "resident memory"),
    }.get(lesson["growth"], (slope, "live heap memory"))
    twins = {name: read(lesson["twins"][name]) for name in ("leaky", "fixed")}
    widest = max(at for points, _ in twins.values() for at, _ in points)
    highest = max(value for points, _ in twins.values() for _, value in points) / 1e6
    grid = step(1.1 * highest)
    top = grid * int(1 + highest / grid)

    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / widest

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / 1e6 / top

    words = "; ".join(f"{name}: {text}" for name, (_, text) in twins.items())
    label = f"{what.capitalize()}, {lesson['id']}. {words}"
    yield HEAD.format(width=WIDTH, height=HEIGHT, label=label)
    yield f'<text x="8" y="22">{what} (MB), {lesson["id"]}</text>'
    for line in range(int(top / grid + 1.5)):
        at = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * line * grid / top
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.0f}" y2="{at:.0f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 5:.0f}" text-anchor="end">{line * grid:g}</text>'
    ticks = step(widest)
    for count in range(int(widest / ticks) + 1):
        yield f'<text x="{x(count * ticks):.0f}" y="{HEIGHT - 22}" text-anchor="middle">{count * ticks:,.0f}</text>'
    unit = lesson["peak_scale"] if read is peak else "requests"
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">{unit}</text>'
    # Names are above their lines; if the lines are close, that of the lower one is below.
    named = {name: points[-(-len(points) * 5 // 8)] for name, (points, _) in twins.items()}
    upper = max(named, key=lambda name: named[name][1])
    heights = [y(value) for _, value in named.values()]
    close = max(heights) - min(heights) < 40
    for name, (points, text) in twins.items():
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        at, value = named[name]
        away = 22 if close and name != upper else -12
        yield f'<g class="{name}"><polyline points="{path}"/>'
        yield f'<text x="{x(at):.0f}" y="{max(38, y(value) + away):.0f}" text-anchor="end">{name}: {text}</text></g>'
    yield "</svg>"


if len(sys.argv) != 3:
    sys.exit("usage: scripts/chart.py COMPARISON.json LESSON")
with open(sys.argv[1], encoding="utf-8") as file:
    lessons = json.load(file)["lessons"]
chosen = [lesson for lesson in lessons if lesson["id"].startswith(sys.argv[2])]
if not chosen:
    sys.exit(f"chart.py: {sys.argv[1]} has no lesson {sys.argv[2]}")
print("\n".join(draw(chosen[0])))
