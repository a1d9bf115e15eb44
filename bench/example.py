#!/usr/bin/env python3
"""The example in Tarn beside the same steps in PySpark with Delta: seconds, memory, and equal figures.

    .peers/venv/bin/python bench/example.py [--size community] [--build build] [--no-spark]

Spark makes the steps in two ways (bench/spark/patreon_baseline.py): bronze as streams that read the raw tables, which are the example's
steps as they stand, and bronze from the batch that raw was given, which saves Spark reading the raw tables. Each in a session that is
up but has not seen the steps, as a job finds it, and in one that has made them once before over size tiny.
Start-up is left out on both sides: from Tarn's commands, timed whole (the column of seconds), the time of a `tarn sql` that does nothing
is taken off for the ratio. Tarn's are medians of 5.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNS = 5
COLLECTIONS = ("users", "posts", "posts_comments", "votes")


def generated(build, size):
    folder = ROOT / "bench" / "data" / size
    if not (folder / "increment" / "votes.json").exists():
        subprocess.run([build / "patreon-generate", "--size", size, "--increment", "--out", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def measured(command):
    """Seconds and peak megabytes of one command, and its output."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=output, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status != 0:
            raise SystemExit(f"{' '.join(map(str, command))} failed")
        cpu = usage.ru_utime + usage.ru_stime
        output.seek(0)
        return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": round(usage.ru_maxrss / 1024), "output": output.read()}


def median_of(runs):
    """The run with the median of the times; the largest memory of all."""
    ordered = sorted(runs, key=lambda m: m["seconds"])
    return {**ordered[len(ordered) // 2], "peak_mb": max(m["peak_mb"] for m in runs)}


def expectations(summary):
    """What the summary's column "expectations ok / failed" adds up to."""
    counts = [(int(ok.replace(",", "")), int(failed.replace(",", ""))) for ok, failed in re.findall(r"([\d,]+) / ([\d,]+)", summary)]
    return {"expectations passed": sum(c[0] for c in counts), "expectations failed": sum(c[1] for c in counts)}


def tarn_once(build, source, work):
    """Both updates into a new root, and their figures."""
    binary, root, exports = build / "tarn", work / "root", work / "exports"
    exports.mkdir(parents=True)
    update = [binary, "run", "examples/patreon", "--var", f"source={exports}", "--root", root]
    result = {}
    for step, folder, stamp in (("first", source, ""), ("increment", source / "increment", "-2024-03-08_00:00:00")):
        for name in COLLECTIONS:
            os.link(folder / f"{name}.json", exports / f"{name}{stamp}.json")
        result[step] = measured(update)
        text = "USE main.patreon; " + (ROOT / "bench" / "figures.sql").read_text()
        lines = subprocess.run([binary, "sql", "--root", root, "--format", "jsonl", "-c", text], check=True, capture_output=True, text=True)
        result[step]["figures"] = {r["figure"]: int(r["value"]) for r in map(json.loads, lines.stdout.splitlines())}
        result[step]["figures"].update(expectations(result[step]["output"]))
    return result


def tarn(build, source, work):
    binary = build / "tarn"
    runs = [tarn_once(build, source, work / str(i)) for i in range(RUNS)]
    result = {step: median_of([run[step] for run in runs]) for step in ("first", "increment")}
    root, exports = work / "0" / "root", work / "0" / "exports"
    arguments = ["examples/patreon", "--var", f"source={exports}", "--root", root]
    result["unchanged"] = median_of([measured([binary, "run", *arguments]) for _ in range(RUNS)])
    result["tests"] = median_of([measured([binary, "test", *arguments]) for _ in range(RUNS)])
    result["select 1"] = median_of([measured([binary, "sql", "--root", root, "-c", "select 1"]) for _ in range(10)])
    result["start"] = median_of([measured([binary, "sql", "--root", root, "-c", "use main.default"]) for _ in range(10)])
    return result


def spark(source, warm_up, streaming):
    command = [sys.executable, ROOT / "bench/spark/patreon_baseline.py", "--source", source]
    command += (["--warm-up", warm_up] if warm_up else []) + (["--streaming"] if streaming else [])
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def beside_spark(ours, source, warm_up):
    """Prints Spark's four figures; returns where what the tables hold differs from ours."""
    wrong = []
    print(f"\n{'Spark':<38}" + "".join(f"{step + ' s':>14}{'ratio':>8}" for step in ("first", "increment")) + f"{'MB':>8}")
    for made_before in (None, warm_up):
        for streaming in (True, False):
            theirs = spark(source, made_before, streaming)
            name = ("bronze streams from raw" if streaming else "bronze from raw's batch") + (", made before" if made_before else ", first time")
            line = f"{name:<38}"
            for step in ("first", "increment"):
                net = ours[step]["seconds"] - ours["start"]["seconds"]
                line += f"{theirs[step]['seconds']:>14.2f}{theirs[step]['seconds'] / net:>7.1f}x"
                wrong += [f"{name}: {step}: {k}: Tarn {ours[step]['figures'].get(k)}, Spark {v}" for k, v in theirs[step]["figures"].items()
                          if ours[step]["figures"].get(k) != v]
            print(f"{line}{theirs['peak_mb']:>8}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="community")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--no-spark", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    source = generated(build, options.size)
    # On the same file system as the exports, so that they can be linked instead of copied.
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=ROOT / "bench" / "data"))
    try:
        ours = tarn(build, source, work)
    finally:
        shutil.rmtree(work)
    print(f"{'step':<12}{'Tarn s':>10}{'CPU s':>8}{'MB':>8}")
    for step in ("first", "increment", "unchanged", "tests", "select 1", "start"):
        print(f"{step:<12}{ours[step]['seconds']:>10.3f}{ours[step]['cpu_seconds']:>8.2f}{ours[step]['peak_mb']:>8}")
    wrong = [] if options.no_spark else beside_spark(ours, source, generated(build, "tiny"))
    if not options.no_spark:
        print("figures are equal" if not wrong else "figures DIFFER:\n  " + "\n  ".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
