#!/usr/bin/env python3
# Draws live bytes over requests, both twins of one lesson, as an SVG on standard output.
#
#   scripts/chart.py target/leaklab/comparison.json l11 > docs/charts/live-bytes.svg
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


def growth(twin):
    """What a twin's live bytes do, in words."""
    slope = twin["slope_bytes_per_request"]
    if abs(slope) <= twin["detection_limit_bytes_per_request"]:
        return "no growth"
    return f"{slope:+,.0f} bytes per request"


def draw(lesson):
    """The lines of the SVG."""
    twins = {name: lesson["twins"][name] for name in ("leaky", "fixed")}
    per_round = twins["leaky"]["requests_per_round"]
    megabytes = {name: [b / 1e6 for b in twin["live_bytes"]] for name, twin in twins.items()}
    requests = per_round * len(megabytes["leaky"])
    grid = step(1.1 * max(map(max, megabytes.values())))
    top = grid * int(1 + max(map(max, megabytes.values())) / grid)

    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / requests

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    words = {name: growth(twin) for name, twin in twins.items()}
    label = f"Live heap memory of {lesson['id']}: leaky {words['leaky']}, fixed {words['fixed']}"
    yield HEAD.format(width=WIDTH, height=HEIGHT, label=label)
    yield f'<text x="8" y="22">live heap memory (MB), {lesson["id"]}</text>'
    for line in range(int(top / grid + 1.5)):
        at = y(line * grid)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.0f}" y2="{at:.0f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 5:.0f}" text-anchor="end">{line * grid:g}</text>'
    for count in range(0, requests + 1, 2 * per_round):
        yield f'<text x="{x(count):.0f}" y="{HEIGHT - 22}" text-anchor="middle">{count:,}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">requests</text>'
    for name, values in megabytes.items():
        points = " ".join(f"{x((n + 1) * per_round):.1f},{y(v):.1f}" for n, v in enumerate(values))
        middle = len(values) * 5 // 8
        yield f'<g class="{name}"><polyline points="{points}"/>'
        yield f'<text x="{x(middle * per_round):.0f}" y="{y(values[middle]) - 12:.0f}" text-anchor="end">{name}: {words[name]}</text></g>'
    yield "</svg>"


if len(sys.argv) != 3:
    sys.exit("usage: scripts/chart.py COMPARISON.json LESSON")
with open(sys.argv[1], encoding="utf-8") as file:
    lessons = json.load(file)["lessons"]
chosen = [lesson for lesson in lessons if lesson["id"].startswith(sys.argv[2])]
if not chosen:
    sys.exit(f"chart.py: {sys.argv[1]} has no lesson {sys.argv[2]}")
print("\n".join(draw(chosen[0])))
