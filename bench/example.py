#!/usr/bin/env python3
"""The example in Tarn beside the same steps in PySpark with Delta: seconds, memory, and equal figures.

    .peers/venv/bin/python bench/example.py [--size community] [--build build] [--no-spark]

Spark makes the steps in two ways (bench/spark/patreon_baseline.py): bronze as streams that read the raw tables, which are the example's
steps as they stand, and bronze from the batch that raw was given, which saves Spark reading the raw tables.
Start-up is left out on both sides: Spark is timed in a session warmed up on size tiny; from Tarn's commands, timed whole
(the column of seconds), the time of a `tarn sql` that does nothing is taken off for the ratio. Tarn's are medians of 5.
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


def spark(source, warm_up, *more):
    done = subprocess.run([sys.executable, ROOT / "bench/spark/patreon_baseline.py", "--source", source, "--warm-up", warm_up, *more],
                          check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


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
    theirs = {}
    if not options.no_spark:
        theirs = {"streams": spark(source, generated(build, "tiny"), "--streaming"), "batches": spark(source, generated(build, "tiny"))}
    wrong = []
    print(f"{'step':<12}{'Tarn s':>10}{'CPU s':>8}{'MB':>8}" + "".join(f"{'Spark ' + way:>16}{'ratio':>8}" for way in theirs))
    start = ours["start"]["seconds"]
    for step in ("first", "increment", "unchanged", "tests", "select 1", "start"):
        line = f"{step:<12}{ours[step]['seconds']:>10.3f}{ours[step]['cpu_seconds']:>8.2f}{ours[step]['peak_mb']:>8}"
        for way, spark_result in theirs.items():
            if step not in spark_result:
                continue
            line += f"{spark_result[step]['seconds']:>16.2f}{spark_result[step]['seconds'] / (ours[step]['seconds'] - start):>7.1f}x"
            wrong += [f"{step}: {k}: Tarn {ours[step]['figures'].get(k)}, Spark's {way} {v}" for k, v in spark_result[step]["figures"].items()
                      if ours[step]["figures"].get(k) != v]
        print(line)
    for way, spark_result in theirs.items():
        print(f"Spark's peak memory, {way}: {spark_result['peak_mb']} MB")
    if theirs:
        print("figures are equal" if not wrong else "figures DIFFER:\n  " + "\n  ".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
