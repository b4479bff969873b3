#!/usr/bin/env bash
# Records a real comparison in a terminal of 80 columns and draws it as an animated SVG,
# which the README shows. It needs a built workspace, `script` of util-linux and Python 3.
#
#   scripts/record.sh                     # l09 and l11, to docs/charts/compare.svg
#   scripts/record.sh other.svg l04       # another file, other lessons
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-docs/charts/compare.svg}
shift $(($# > 0))
lessons=("$@")
[ ${#lessons[@]} -gt 0 ] || lessons=(l09 l11)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command="target/debug/leaklab compare ${lessons[*]} --out $folder/out"
# A comparison that finds a mismatch fails, and is not shown.
script --quiet --return --log-out "$folder/text" --log-timing "$folder/times" \
    --command "stty cols 80 rows 40; $command" > /dev/null < /dev/null

python3 - "$folder" "$out" "./scripts/compare.sh ${lessons[*]}" <<'PYTHON'
import html, os, re, sys

folder, out, command = sys.argv[1:]
SIZE_MAX = 60_000
PAUSE_MAX, STEP, HOLD = 0.6, 0.3, 8.0  # seconds: a wait, the shortest frame, the last one
COLOURS = {31: "r", 32: "g", 33: "y", 36: "c"}


class Screen:
    """As much of a terminal as a progress line and a table need."""

    def __init__(self):
        self.rows, self.row, self.column, self.style = [[]], 0, 0, ""

    def put(self, letter):
        row = self.rows[self.row]
        row.extend([(" ", "")] * (self.column + 1 - len(row)))
        row[self.column] = (letter, self.style)
        self.column += 1

    def control(self, numbers, kind):
        first = numbers[0] if numbers else 0
        if kind == "A":
            self.row = max(0, self.row - max(1, first))
        elif kind == "B":
            self.move(self.row + max(1, first))
        elif kind == "K":
            del self.rows[self.row][0 if first == 2 else self.column :]
        elif kind == "J":
            del self.rows[self.row][self.column :]
            del self.rows[self.row + 1 :]
        elif kind == "m":
            for number in numbers or [0]:
                if number == 0:
                    self.style = ""
                elif number in (1, 2):
                    self.style += "bd"[number - 1]
                elif number in COLOURS:
                    self.style += COLOURS[number]

    def move(self, row):
        self.row = row
        while len(self.rows) <= row:
            self.rows.append([])

    def write(self, text):
        parts = re.finditer(r"\x1b\[([\d;?]*)([A-Za-z])|([\s\S])", text)
        for part in parts:
            numbers, kind, letter = part.groups()
            if kind:
                found = re.findall(r"\d+", numbers)
                self.control([int(number) for number in found], kind)
            elif letter == "\n":
                self.move(self.row + 1)
                self.column = 0
            elif letter == "\r":
                self.column = 0
            elif letter >= " ":
                self.put(letter)

    def lines(self):
        """Each row as runs of one style: column, style, text."""
        lines = []
        for row in self.rows:
            runs = []
            for column, (letter, style) in enumerate(row):
                if runs and runs[-1][1] == style:
                    runs[-1][2] += letter
                else:
                    runs.append([column, style, letter])
            # The command that is shown would write to its default folder.
            own = os.path.join(folder, "out")
            runs = [
                (c, s, t.rstrip().replace(own, "target/leaklab"))
                for c, s, t in runs
                if t.strip()
            ]
            lines.append(tuple(runs))
        return lines


def frames():
    """The screens that were to be seen, and for how long."""
    with open(os.path.join(folder, "text"), "rb") as file:
        data = file.read()
    if data.startswith(b"Script started"):
        data = data.split(b"\n", 1)[1]
    screen, at, shown, seconds = Screen(), 0, [[1.2, []]], 0.0
    with open(os.path.join(folder, "times")) as file:
        for line in file:
            wait, count = line.split()[-2:]
            seconds += min(float(wait), PAUSE_MAX)
            screen.write(data[at : at + int(count)].decode(errors="replace"))
            at += int(count)
            lines = screen.lines()
            if seconds >= STEP and lines != shown[-1][1]:
                shown[-1][0] = max(shown[-1][0], seconds)
                shown.append([seconds, lines])
                seconds = 0.0
    last = [line for line in screen.lines()]
    shown.append([HOLD, last])
    return shown


def draw(frames):
    total = sum(seconds for seconds, _ in frames)
    height = max(len(lines) for _, lines in frames) + 1
    prompt = ((0, "d", "$ "), (2, "b", command))
    frames = [(seconds, [prompt, *lines]) for seconds, lines in frames]
    # A run of letters is drawn once for each stretch of frames in which it stands.
    begins, spans, at = {}, [], 0.0
    ends = [0.0]
    for n, (seconds, lines) in enumerate(frames):
        here = {(row, run) for row, runs in enumerate(lines) for run in runs}
        for run in [run for run in begins if run not in here]:
            spans.append((begins.pop(run), n, run))
        for run in here:
            begins.setdefault(run, n)
        ends.append(ends[-1] + seconds)
    spans += [(begin, len(frames), run) for run, begin in begins.items()]
    spans.sort(key=lambda span: (span[0], span[2][0], span[2][1][0]))
    keys = sorted({(begin, end) for begin, end, _ in spans})
    css = []
    for n, (begin, end) in enumerate(keys):
        if (begin, end) == (0, len(frames)):
            continue
        low, high = (100 * ends[k] / total for k in (begin, end))
        stays = end == len(frames)
        css.append(
            f"@keyframes k{n}{{0%{{visibility:{'visible' if begin == 0 else 'hidden'}}}"
            f"{low:.2f}%{{visibility:visible}}"
            + ("" if stays else f"{high:.2f}%{{visibility:hidden}}")
            + f"100%{{visibility:{'visible' if stays else 'hidden'}}}}}"
            f".k{n}{{animation:k{n} {total:.1f}s step-end infinite"
            + ("}" if stays else ";visibility:hidden}")
        )
    texts = []
    for key, group in ((key, [s[2] for s in spans if s[:2] == key]) for key in keys):
        texts.append(f'<g class="k{keys.index(key)}">')
        for row, (column, style, text) in group:
            names = f' class="{" ".join(sorted(set(style)))}"' if style else ""
            texts.append(
                f'<text x="{12 + 8.4 * column:.0f}" y="{26 + 19 * row}"{names}>'
                f"{html.escape(text)}</text>"
            )
        texts.append("</g>")
    wide, high = 12 * 2 + 8.4 * 80, 26 + 19 * height
    words = f"A terminal runs {command}: a table says which twin leaks, how much, and where."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide:.0f} {high}">'
        f"<title>{html.escape(words)}</title><style>"
        "text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
        "fill:#e8ebef;white-space:pre}.b{font-weight:700}.d{fill:#b3bcc7}"
        ".r{fill:#ffa06b}.g{fill:#7fd99a}.y{fill:#f2c14e}.c{fill:#86c3ff}"
        + "".join(css)
        + "@media(prefers-reduced-motion:reduce){g{animation:none!important}}</style>"
        f'<rect width="100%" height="100%" rx="6" fill="#14181d"/>{"".join(texts)}</svg>\n'
    )


picture = draw(frames())
if len(picture.encode()) > SIZE_MAX:
    sys.exit(f"{len(picture)} bytes are more than {SIZE_MAX}: record fewer lessons")
with open(out, "w") as file:
    file.write(picture)
print(f"{out}: {len(picture.encode()):,} bytes")
PYTHON
