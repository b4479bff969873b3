#!/usr/bin/env python3
# Records a real run of `leaklab live` until a twin is killed, and draws it as an animated SVG.
"""usage: scripts/record-live.py                  # l09, to docs/charts/live.svg
       scripts/record-live.py OUT ARGUMENTS    # another file, arguments of `leaklab live`

Needs a built workspace. $LEAKLAB names another program than target/debug/leaklab.
"""

import html
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("LEAKLAB", str(ROOT / "target/debug/leaklab"))
EVERY = 2.0  # seconds of the run for which figures stand
FASTER = 4.0  # than the run
AFTER = 6.0  # seconds of the run that follow the death
HOLD = 5.0  # seconds for which the end stands
SIZE_MAX = 60_000  # bytes; the README loads it at once
TOP = 152  # above the chart
STYLE = """
text{font:16px system-ui,'DejaVu Sans',sans-serif;fill:#b3bcc7}.end{text-anchor:end}
.t{font-weight:700;fill:#e8ebef}.h{font-size:19px}.n{font-size:40px;font-weight:700;fill:#e8ebef}
.leaky polyline{stroke:#ffa06b}.fixed polyline{stroke:#86c3ff}polyline{fill:none}
.leaky text,.leaky.h{fill:#ffa06b}.fixed text,.fixed.h{fill:#86c3ff}.name{font-weight:700}
.thick{stroke-width:4}.thin{stroke-width:1.6;stroke-dasharray:3 3}
.grid line{stroke:#39424d}.limit line{stroke:#ff8494;stroke-width:3;stroke-dasharray:4 5}
.death path{stroke:#ff8494;stroke-width:5}.limit text,.death text,.dead{fill:#ff8494;font-weight:700}
.limit text{text-anchor:end}
"""


def events(arguments):
    """What the page gets, until some time after the death."""
    command = [PROGRAM, "live", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = (re.match(r"Open (\S+)/#", line) for line in process.stdout)
            base = next((match[1] for match in found if match), None)
            if base is None:
                sys.exit(f"{' '.join(command)} has not started")
            until = None
            with urllib.request.urlopen(f"{base}/live/events", timeout=60) as stream:
                for line in stream:
                    if not line.startswith(b"data:"):
                        continue
                    event = json.loads(line[5:])
                    event["at"] = seconds(event["parts"]["figures"])
                    if event["say"] and until is None:
                        until = event["at"] + AFTER
                    yield event
                    if until is not None and event["at"] >= until:
                        return
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def seconds(figures):
    """The clock of the page."""
    clock = re.search(r'class="clock">([\d:]+)', figures)[1]
    total = 0
    for part in clock.split(":"):
        total = 60 * total + int(part)
    return total


def words(markup):
    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def figures(event):
    """The figures above the chart, as texts with their places."""
    yield 1238, 28, "end t h", words(re.search(r"<b class=\"clock\">.*?</b>", event["parts"]["figures"])[0])
    cards = re.findall(r'<article class="card (\w+)">(.*?)</article>', event["parts"]["cards"], re.S)
    for place, (twin, card) in enumerate(cards):
        x = 12 + 625 * place
        state = words(re.search(r"<span.*?</span>", card)[0])
        yield x, 62, f"{twin} h t", twin
        yield x + 70, 62, "dead" if state in ("killed", "ended") else "", state
        pairs = re.findall(r'<p class="large[^"]*"><b>(.*?)</b><small>(.*?)</small>', card)
        for column, (large, small) in enumerate(pairs):
            yield x + 210 * column, 108, "n", words(large)
            yield x + 210 * column, 132, "", words(small)


def frames(run):
    """The events whose figures are shown: one every few seconds, and that of the death."""
    kept = []
    for event in run:
        new = not kept or event["at"] >= kept[-1]["at"] + EVERY
        if new or bool(event["say"]) != bool(kept[-1]["say"]):
            kept.append(event)
    return kept


def draw(run, command):
    shown = frames(run)
    end = run[-1]["at"]
    total = end / FASTER + HOLD

    def share(at):
        return 100 * at / FASTER / total

    ends = [share(event["at"]) for event in shown[1:]] + [100.0]
    begins = [0.0, *ends[:-1]]
    css, texts = [], []
    for n, (begin, until, event) in enumerate(zip(begins, ends, shown)):
        last = n + 1 == len(shown)
        css.append(
            f"@keyframes f{n}{{0%{{visibility:{'hidden' if n else 'visible'}}}"
            f"{begin:.2f}%{{visibility:visible}}"
            + ("" if last else f"{until:.2f}%{{visibility:hidden}}")
            + f"100%{{visibility:{'visible' if last else 'hidden'}}}}}"
            f".f{n}{{animation:f{n} {total:.1f}s step-end infinite"
            + ("}" if last else ";visibility:hidden}")
        )
        drawn = "".join(
            f'<text x="{x}" y="{y}" class="{style}">{html.escape(text)}</text>'
            for x, y, style, text in figures(event)
        )
        texts.append(f'<g class="f{n}">{drawn}</g>')
    chart = ET.fromstring(re.search(r"<svg.*</svg>", run[-1]["parts"]["memory"], re.S)[0])
    parts = {"below": "", "lines": "", "last": ""}
    for part in chart:
        for line in [line for line in part if line.get("class") == "ahead"]:
            part.remove(line)
        parts[layer(part)] += ET.tostring(part, "unicode")
    _, _, wide, high = (float(of) for of in chart.get("viewBox").split())
    died = next(event["at"] for event in run if event["say"])
    left, far = reach(chart)
    css.append(
        f".cover{{animation:cover {total:.1f}s linear infinite;transform:translateX({far:.0f}px)}}"
        f"@keyframes cover{{0%{{transform:none}}{share(end):.2f}%,100%{{transform:translateX({far:.0f}px)}}}}"
        f".last{{animation:last {total:.1f}s step-end infinite}}"
        f"@keyframes last{{0%{{visibility:hidden}}{share(died):.2f}%,100%{{visibility:visible}}}}"
    )
    say = f"{run[-1]['say']}. The other twin goes on."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide:.0f} {high + TOP:.0f}">'
        f"<title>{html.escape(say)}</title><style>{STYLE}{''.join(css)}"
        "@media(prefers-reduced-motion:reduce){*{animation:none!important}}</style>"
        '<rect width="100%" height="100%" rx="6" fill="#14181d"/>'
        f'<text x="12" y="28" class="t h">{html.escape(command)}</text>{"".join(texts)}'
        f'<svg y="{TOP}" width="{wide:.0f}" height="{high:.0f}">{parts["lines"]}'
        f'<rect class="cover" x="{left:.0f}" width="{wide:.0f}" height="{high:.0f}" fill="#14181d"/>'
        f'{parts["below"]}<g class="last">{parts["last"]}</g></svg></svg>\n'
    )


def layer(part):
    """Where a part of the chart is drawn: the cover hides lines that are to come."""
    named = any("name" in text.get("class", "") for text in part.iter("text"))
    if named or part.get("class") == "death":
        return "last"
    return "lines" if part.find("polyline") is not None else "below"


def reach(chart):
    """Where the lines begin, and how far they reach at the end of the run."""
    lines = [line.get("points").split() for line in chart.iter("polyline") if line.get("class") != "ahead"]
    along = [float(point.split(",")[0]) for line in lines for point in line]
    return min(along) - 3, max(along) - min(along) + 6


def main(out="docs/charts/live.svg", *arguments):
    arguments = arguments or ("l09",)
    picture = draw(list(events(arguments)), f"leaklab live {' '.join(arguments)}")
    if len(picture.encode()) > SIZE_MAX:
        sys.exit(f"{len(picture)} bytes are more than {SIZE_MAX}: record a shorter run")
    (ROOT / out).write_text(picture)
    print(f"{out}: {len(picture.encode()):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
