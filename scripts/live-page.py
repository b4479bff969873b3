#!/usr/bin/env python3
# Checks the page of `leaklab live` in Chromium, and measures what it costs.
"""usage: scripts/live-page.py page            # browser state, script per tick, sleep, axe
       scripts/live-page.py load [PAIRS]    # requests per second without and with a viewer
       scripts/live-page.py memory [MINUTES]  # resident memory of the driver, bytes per viewer

Needs a built workspace; `page` also needs chromium and chromedriver. axe-core is taken
from `node_modules/` (npm install axe-core) or from the file in $AXE, and skipped without.
$LEAKLAB names another program than target/debug/leaklab. Fails if a check does.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("LEAKLAB", str(ROOT / "target/debug/leaklab"))
# Its leak is small, so a long run at a high rate fits into the memory.
LESSON = "l14"
TICKS = 2_400
SIZES = [(1280, 720), (1920, 1080), (390, 844)]
RUN = re.compile(r'(<script type="application/json" id="run">)(.*?)(</script>)', re.S)


class Live:
    """A run of `leaklab live`, ended when it is left."""

    def __init__(self, *arguments):
        command = [PROGRAM, "live", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        found = (re.match(r"Open (\S+)", line) for line in self.process.stdout)
        self.url = next((match[1] for match in found if match), None)
        if self.url is None:
            sys.exit(f"{' '.join(command)} has not started")
        self.base = self.url.split("/#")[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A shell starts what is in its background with SIGINT ignored.
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def resident_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def cpu_seconds(self):
        """Of the driver, the twins and their engines, since they started."""
        listed = subprocess.run(["ps", "--no-headers", "-o", "pid", "--ppid",
                                 str(self.process.pid)], capture_output=True, text=True).stdout
        fields = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                  for pid in [self.process.pid, *listed.split()] if Path(f"/proc/{pid}").exists())
        return sum(int(of[11]) + int(of[12]) for of in fields) / os.sysconf("SC_CLK_TCK")

    def saved(self):
        return urllib.request.urlopen(f"{self.base}/live/save", timeout=60).read().decode()


class Viewer(threading.Thread):
    """Reads the events as a browser does, and counts bytes."""

    def __init__(self, live):
        super().__init__(daemon=True)
        self.bytes, self.goes_on = 0, True
        self.events = urllib.request.urlopen(f"{live.base}/live/events", timeout=60)
        self.start()

    def run(self):
        while self.goes_on and (part := self.events.read1(65_536)):
            self.bytes += len(part)
        self.events.close()

    def end(self):
        self.goes_on = False
        self.join(5)


class Browser:
    """Chromium through the few calls of ChromeDriver that are needed."""

    def __init__(self):
        # Chromium leaves files behind.
        self.folder = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True,
                                       env={**os.environ, "TMPDIR": self.folder.name})
        found = (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout)
        self.at = f"http://127.0.0.1:{next(match[1] for match in found if match)}/session"
        options = {"args": ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                            "--disable-dev-shm-usage"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = self.ask(self.at, {"capabilities": {"alwaysMatch": wanted}})
        self.at += f"/{made['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        request = urllib.request.Request(self.at, method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()
        self.driver.terminate()
        self.driver.wait(60)
        self.folder.cleanup()

    def ask(self, url, body):
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=180))["value"]

    def call(self, command, **body):
        return self.ask(f"{self.at}/{command}", body)

    def devtools(self, command, **parameters):
        return self.call("goog/cdp/execute", cmd=command, params=parameters)

    def run(self, script, kind="sync"):
        return self.call(f"execute/{kind}", script=script, args=[])

    def look(self, size, scheme):
        width, height = size
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.devtools("Emulation.setEmulatedMedia", features=[feature])

    def metrics(self):
        self.devtools("HeapProfiler.collectGarbage")
        metrics = self.devtools("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}


def check(holds, what):
    print(f"{'ok' if holds else 'FAILED'}: {what}", flush=True)
    check.failed |= not holds


check.failed = False


def recorded(seconds=15):
    """A saved run whose ticks are repeated to TICKS of a few milliseconds each, after which
    a minute at the usual pace follows."""
    with Live("l09") as live:
        time.sleep(seconds)
        page = live.saved()
    run = json.loads(RUN.search(page)[2])
    short = run["ring"]["ticks"]
    at, ticks = 0.0, []
    for n in range(TICKS + 240):
        at += 0.005 if n < TICKS else 0.25
        ticks.append({**short[n * len(short) // (TICKS + 240)], "at": at})
    run["ring"]["ticks"] = ticks
    text = json.dumps(run).replace("<", "\\u003c")
    return RUN.sub(lambda match: match[1] + text + match[3], page)


def axe():
    files = [os.environ.get("AXE"), ROOT / "node_modules/axe-core/axe.min.js"]
    found = (Path(file) for file in files if file and Path(file).exists())
    return next((file.read_text() for file in found), None)


def page():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.html"
        file.write_text(recorded())
        with Live("--replay", str(file)) as live, Browser() as browser:
            in_browser(live, browser)


def in_browser(live, browser):
    browser.look(SIZES[0], "dark")
    browser.devtools("Performance.enable")
    browser.call("url", url=live.url)
    # Every drawing puts new nodes into the page, so what is left shows in these.
    time.sleep(3)
    early = browser.metrics()
    time.sleep(20)
    late = browser.metrics()
    nodes, heap = late["Nodes"], late["JSHeapUsedSize"]
    check(nodes <= 2 * early["Nodes"] + 500, f"{nodes:.0f} nodes, {early['Nodes']:.0f} before")
    check(heap <= early["JSHeapUsedSize"] + 2e6,
          f"{heap / 1e6:.1f} MB of JavaScript heap, {early['JSHeapUsedSize'] / 1e6:.1f} MB before")
    browser.run("window.drawn = 0; new MutationObserver(() => window.drawn++)"
                ".observe(document.getElementById('memory'), {childList: true})")
    before = browser.devtools("Performance.getMetrics")["metrics"]
    time.sleep(15)
    after = browser.devtools("Performance.getMetrics")["metrics"]
    drawn = max(1, browser.run("return window.drawn"))
    spent = {old["name"]: new["value"] - old["value"] for old, new in zip(before, after)}
    print(f"{drawn} drawings of {TICKS} ticks: script {spent['ScriptDuration'] / drawn * 1e3:.1f} ms, "
          f"layout and style {(spent['LayoutDuration'] + spent['RecalcStyleDuration']) / drawn * 1e3:.1f} ms, "
          f"all of the main thread {spent['TaskDuration'] / drawn * 1e3:.1f} ms each")
    clock = "return document.querySelector('.clock').textContent"
    browser.devtools("Page.setWebLifecycleState", state="frozen")
    time.sleep(4)
    browser.devtools("Page.setWebLifecycleState", state="active")
    browser.devtools("Emulation.setFocusEmulationEnabled", enabled=True)
    woken = browser.run(clock)
    time.sleep(2)
    check(browser.run(clock) != woken, "a tab that slept goes on")
    axe_source = axe()
    if axe_source is None:
        print("skipped: there is no axe-core (npm install axe-core)")
    for size in SIZES if axe_source else []:
        for scheme in ["dark", "light"]:
            browser.look(size, scheme)
            time.sleep(1)
            browser.run(axe_source)
            found = browser.run("const done = arguments[arguments.length - 1];"
                                "axe.run().then((of) => done(of.violations.map((one) =>"
                                "one.id + ': ' + one.nodes.map((node) => node.html)"
                                ".join(' ').slice(0, 300))))", "async")
            check(found == [], f"axe-core, {size[0]}x{size[1]}, {scheme}: {found}")
    check(browser.call("se/log", type="browser") == [], "nothing in the console")


def load(pairs=6, seconds=10):
    with Live(LESSON, "--load", "4000", "--memory-limit", "8GiB") as live:
        time.sleep(10)
        phases = []
        for _ in range(int(pairs)):
            for watched in [False, True]:
                viewer = Viewer(live) if watched else None
                time.sleep(1)
                began, cpu = time.monotonic(), live.cpu_seconds()
                time.sleep(seconds)
                phases.append((watched, began, time.monotonic(), live.cpu_seconds() - cpu))
                if viewer:
                    viewer.end()
        now = time.monotonic()
        ticks = json.loads(RUN.search(live.saved())[2])["ring"]["ticks"]
    zero = now - ticks[-1]["at"]
    rates, work = {False: [], True: []}, {False: [], True: []}
    for watched, began, ended, cpu in phases:
        within = [tick for tick in ticks if began - zero <= tick["at"] <= ended - zero]
        served = [sum(one["requests"] for one in tick["services"]) for tick in within]
        rate = (served[-1] - served[0]) / (within[-1]["at"] - within[0]["at"])
        rates[watched].append(rate)
        # What else runs on the machine changes the rate, but not this.
        work[watched].append(cpu / (rate * (ended - began)) * 1e3)
    for what, of in [("requests per second", rates), ("ms of CPU per request", work)]:
        ratios = [on / off - 1 for off, on in zip(of[False], of[True])]
        print(f"{what}: {median(of[False]):.3g} without a viewer, {median(of[True]):.3g} "
              f"with one; by pairs {', '.join(f'{ratio:+.1%}' for ratio in ratios)}, "
              f"median {median(ratios):+.1%}")


def memory(minutes=30):
    with Live(LESSON, "--load", "50", "--memory-limit", "8GiB") as live:
        time.sleep(15)
        viewer, began = Viewer(live), time.monotonic()
        for part in range(4):
            if part:
                time.sleep(float(minutes) * 20)
            passed = time.monotonic() - began
            rate = f", viewer: {viewer.bytes / passed / 1e3:.0f} kB/s" if part else ""
            print(f"driver: {live.resident_kib() / 1024:.1f} MiB after {passed / 60:.0f} min"
                  f"{rate}", flush=True)
        viewer.end()


if __name__ == "__main__":
    commands = {"page": page, "load": load, "memory": memory}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
    sys.exit(check.failed)
