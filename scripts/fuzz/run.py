"""Starts each twin with data, runs schemathesis on it, and counts. See scripts/fuzz.sh."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = Path("target/fuzz")
METHODS = {"get", "post", "put", "delete", "patch"}


def serve(twin):
    """A twin on a free port; its URL, and that of its database."""
    command = ["target/debug/leaklab", "serve", twin, "--listen", "127.0.0.1:0"]
    log = open(OUT / f"{twin}.log", "w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    said = process.stdout.readline()
    if " serves at " not in said:
        sys.exit(f"fuzz.sh: {twin} did not start; see {log.name}")
    url, database = (word.strip(",") for word in said.split() if "://" in word)
    return process, url, database


def fuzz(twin, url, database, cases, seed):
    """Runs schemathesis; what is wrong, in words."""
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        paths = json.load(answer)["paths"].values()
    examples = -(-cases // sum(len(METHODS & path.keys()) for path in paths))
    report = OUT / f"{twin}.json"
    command = ["schemathesis", "--config-file", HERE / "schemathesis.toml", "run"]
    command += [f"{url}/openapi.json", "--checks", "all", "--seed", str(seed)]
    command += ["--max-examples", str(examples), "--continue-on-failure"]
    command += ["--report-json-path", report, "--no-color"]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
        "FUZZ_DATABASE": database,
    }
    code = subprocess.run(command, env=environment).returncode
    if code not in (0, 1):
        return [f"schemathesis ended with exit code {code}"]
    result = json.loads(report.read_text())
    sent, findings = (result["test_cases"][n] for n in ("generated", "unique_failures"))
    print(f"fuzz.sh: {twin}: {sent} requests, {findings} findings, seed {seed}")
    wrong = [f"{findings} findings"] if findings or code else []
    if sent < cases:
        wrong.append(f"{sent} requests instead of {cases}")
    # An operation that refused everything was not tested behind its checks.
    for operation, phases in result["valid_rates"].items():
        if not sum(phase["accepted"] for phase in phases.values()):
            wrong.append(f"{operation} accepted nothing")
    return wrong


def main():
    cases, seed, *twins = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    OUT.mkdir(parents=True, exist_ok=True)
    wrong = []
    for twin in twins:
        process, url, database = serve(twin)
        try:
            found = fuzz(twin, url, database, int(cases), int(seed))
            if process.poll() is not None:
                found.append("it ended")
        finally:
            process.terminate()
            process.wait()
        if "panicked" in (OUT / f"{twin}.log").read_text():
            found.append("a panic in its log")
        wrong += [f"{twin}: {what}" for what in found]
    print("\n".join(f"fuzz.sh: {what}" for what in wrong or ["no findings"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
