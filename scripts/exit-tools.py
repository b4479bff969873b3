#!/usr/bin/env python3
# Counts which leaks of `leaky` LeakSanitizer, memcheck and heaptrack report when the service exits.
#
#   scripts/exit-tools.py            every lesson; writes docs/output/exit-tools.txt
#   scripts/exit-tools.py l04 l11    these lessons; prints the table
#   RUNS=1 scripts/exit-tools.py     one run of each instead of three
#
# docs/exit-time-tools.md explains the table.
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
LEAKLAB = TARGET / "debug/leaklab"
RUNS = int(os.environ.get("RUNS", "3"))
TABLE = Path("docs/output/exit-tools.txt")

# It leaks nothing, so what a tool reports here is the tool's floor.
CONTROL = "c01"
# A burst leaves no leak that a tool could report.
BURST = "l16"


def note(text):
    print(f"exit-tools.py: {text}", file=sys.stderr)


def fail(text, code=3):
    note(text)
    sys.exit(code)


def library(name):
    """The path of a library of the C compiler; None when it is not installed."""
    found = subprocess.run(["cc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
    return found if found.startswith("/") else None


def number(text):
    return int(text.replace(",", ""))


def lsan_lost(folder):
    text = "".join(file.read_text() for file in folder.glob("lsan.*"))
    if "has encountered a fatal error" in text:
        fail("LeakSanitizer must trace its own process; allow ptrace (docker run --cap-add SYS_PTRACE)")
    # Without a leak it writes no file.
    return sum(map(number, re.findall(r"^SUMMARY: LeakSanitizer: (\d+) byte", text, re.M)))


def memcheck_bytes(kinds):
    """Sums the lines of memcheck's summary that match."""
    def read(folder):
        text = (folder / "memcheck").read_text()
        return sum(map(number, re.findall(rf" (?:{kinds}): +([\d,]+) bytes", text)))
    return read


def heaptrack_lost(folder):
    file = next(folder.glob("heaptrack.*"))
    options = ["-p", "0", "-a", "0", "-T", "0", "-l", "0"]
    text = subprocess.run(["heaptrack_print", "-f", file, *options], capture_output=True, text=True).stdout
    value, unit = re.search(r"^total memory leaked: ([\d.]+)([BKMG])", text, re.M).groups()
    # heaptrack's K is 1,000.
    return float(value) * 1000 ** "BKMG".index(unit)


# GCC 12's LeakSanitizer initialises itself at the first allocation, but Rust's start calls
# `signal` before it allocates and crashes. libstdc++ allocates when it is loaded.
LSAN, EARLY = library("liblsan.so"), library("libstdc++.so.6")

# Column title: options of `leaklab run-under`, the tool's command, columns to read, what it needs.
TOOLS = {
    "LeakSanitizer": {
        "options": lambda f: [
            "--env", f"LD_PRELOAD={LSAN}:{EARLY}", "--env", f"LSAN_OPTIONS=exitcode=0:log_path={f}/lsan"],
        "command": lambda f: [],
        "lost": lsan_lost,
        "there": LSAN and EARLY,
        "packages": "gcc, liblsan0 and libstdc++6",
    },
    "memcheck": {
        "options": lambda f: [],
        "command": lambda f: ["valgrind", "--leak-check=full", f"--log-file={f}/memcheck"],
        "lost": memcheck_bytes("(?:definitely|indirectly|possibly) lost"),
        "reachable": memcheck_bytes("still reachable"),
        "there": shutil.which("valgrind"),
        "packages": "valgrind",
    },
    "heaptrack": {
        "options": lambda f: [],
        "command": lambda f: ["heaptrack", "-o", f"{f}/heaptrack"],
        "lost": heaptrack_lost,
        "there": shutil.which("heaptrack"),
        "packages": "heaptrack",
    },
}
BARE = {"options": lambda f: [], "command": lambda f: [], "lost": lambda f: 0}


def run(lesson, name, tool):
    """One run of a lesson under a tool: what the driver and the tool counted."""
    with tempfile.TemporaryDirectory(prefix="exit-tools.") as folder:
        folder = Path(folder)
        under = tool["command"](folder)
        command = [LEAKLAB, "run-under", lesson, "--format", "json", *tool["options"](folder)]
        ended = subprocess.run([*command, *(["--", *under] if under else [])], stdout=subprocess.PIPE)
        if ended.returncode != 0:
            fail(f"{lesson} did not run under {name}")
        driven = json.loads(ended.stdout)
        if driven["errors"]:
            note(f"{lesson} under {name}: {driven['errors']} requests were answered with errors")
        grown = driven["peak_growth_bytes" if driven["growth"] == "peak" else "live_growth_bytes"]
        reachable = tool.get("reachable", lambda f: 0)(folder)
        return {
            "lost": tool["lost"](folder), "reachable": reachable,
            "grown": grown, "speed": driven["requests_per_second"]}


def human(count):
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "B" and count < 10 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def middle(runs, field):
    return median(run[field] for run in runs)


def reported(runs, floor):
    """In how many runs the tool calls at least half of the leak lost, above its floor."""
    grown = middle(runs, "grown")
    return sum(run["lost"] - floor >= grown / 2 for run in runs)


def cell(runs, floor):
    count = reported(runs, floor)
    verdict = {0: "no", len(runs): "yes"}.get(count, f"in {count} of {len(runs)} runs")
    return f"{verdict}: {human(middle(runs, 'lost'))} of {human(middle(runs, 'grown'))}"


def columns(runs, tools, of_tool, reachable=lambda runs: ""):
    """A row's cells: one for each tool, and memcheck's second column."""
    for name, tool in tools.items():
        yield of_tool(name) if tool["there"] else "not run"
        if "reachable" in tool:
            yield reachable(runs[name]) if tool["there"] else ""


def table(results, lessons):
    def row(title, cells):
        return f"| {title} | {' | '.join(cells)} |".replace("|  |", "| |")

    floors = {name: middle(runs, "lost") for name, runs in results[CONTROL].items()}
    in_most = {name: sum(2 * reported(results[lesson][name], floors[name]) > RUNS for lesson in lessons)
               for name in floors}

    def slower(name):
        ratios = [middle(results[l]["none"], "speed") / middle(results[l][name], "speed") for l in lessons]
        return f"{median(ratios):.1f} times"

    yield "| lesson | LeakSanitizer | memcheck | still reachable | heaptrack |"
    yield "|---|---|---|---|---|"
    reachable = lambda runs: human(middle(runs, "reachable"))
    for lesson in lessons:
        runs = results[lesson]
        yield row(lesson, columns(runs, TOOLS, lambda name: cell(runs[name], floors[name]), reachable))
    control = results[CONTROL]
    yield row("in the control, which leaks nothing",
              columns(control, TOOLS, lambda name: human(floors[name]), reachable))
    yield row("**leaks reported**",
              columns(control, TOOLS, lambda name: f"**{in_most[name]} of {len(lessons)}**"))
    yield row("slowdown, median of the lessons", columns(control, TOOLS, slower))


def main():
    os.chdir(ROOT)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    build = ["cargo", "build", "--quiet", "--workspace", "--target-dir", TARGET]
    if subprocess.run(build).returncode != 0:
        fail("the build failed")
    for name, tool in TOOLS.items():
        if not tool["there"]:
            note(f"{name} is missing and left out; Debian's packages: {tool['packages']}")
    listed = subprocess.run([LEAKLAB, "list"], capture_output=True, text=True, check=True).stdout
    ids = [line.split()[0] for line in listed.splitlines() if line.startswith("l")]
    chosen = tuple(sys.argv[1:]) or ("l",)
    lessons = [lesson for lesson in ids if lesson.startswith(chosen) and not lesson.startswith(BURST)]
    if not lessons:
        fail("no such lesson; `leaklab list` prints all of them", code=2)
    tools = {"none": BARE, **{name: tool for name, tool in TOOLS.items() if tool["there"]}}
    results = {}
    for lesson in (CONTROL, *lessons):
        results[lesson] = {}
        for name, tool in tools.items():
            note(f"{lesson}, {name}")
            results[lesson][name] = [run(lesson, name, tool) for _ in range(RUNS)]
    text = "\n".join(table(results, lessons)) + "\n"
    if sys.argv[1:]:
        print(text, end="")
    else:
        TABLE.write_text(text)
        note(f"wrote {TABLE}")


main()
