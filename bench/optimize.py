#!/usr/bin/env python3
"""OPTIMIZE in Tarn beside reading and writing the same Parquet files with DuckDB, and beside delta-rs's compaction.

    .peers/venv/bin/python bench/optimize.py [--rows 10000000] [--files 100] [--build build] [--order]

Each side gets its own copy (hard links) of the same small files, and a process of its own; seconds are whole processes less
the start of one that does nothing. Medians of three. Afterwards each table has the same rows: counts and sums are compared.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNS = 3
CHECK = "SELECT count(*), sum(id), sum(quantity), count(DISTINCT customer) FROM"

DUCKDB = """
import duckdb, sys
c = duckdb.connect(config={'preserve_insertion_order': 'false'})
c.execute(f"COPY (SELECT * FROM read_parquet('{sys.argv[1]}/*.parquet')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION snappy)")
"""
DELTA_RS = """
import sys
from deltalake import DeltaTable
DeltaTable(sys.argv[1]).optimize.compact(target_size=1 << 30)
"""


def measured(command):
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))[:300]} failed")
    return time.perf_counter() - start, round(usage.ru_maxrss / 1024)


def make_files(folder, rows, files):
    import duckdb
    connection = duckdb.connect()
    folder.mkdir(parents=True)
    for i in range(files):
        first, last = rows * i // files, rows * (i + 1) // files
        connection.execute(f"""COPY (SELECT i AS id, hash(i) % 1000000 AS customer, 'item ' || hash(i * 7) % 5000 AS item, (hash(i * 3) % 100)::INT AS quantity,
            (hash(i * 5) % 1000000)::DOUBLE / 100 AS price, DATE '2020-01-01' + (hash(i * 11) % 2000)::INT AS day, md5(i::VARCHAR) AS note
            FROM range({first}, {last}) t(i)) TO '{folder}/part-{i:05}.parquet' (FORMAT parquet, COMPRESSION snappy)""")


def linked(source, target):
    target.mkdir(parents=True)
    for file in source.glob("*.parquet"):
        os.link(file, target / file.name)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--order", action="store_true", help="ZORDER BY as well")
    options = parser.parse_args()
    tarn, python = options.build.resolve() / "tarn", sys.executable
    (ROOT / "bench" / "data").mkdir(exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="optimize-", dir=ROOT / "bench" / "data"))
    try:
        source = work / "source"
        make_files(source, options.rows, options.files)
        megabytes = sum(f.stat().st_size for f in source.iterdir()) / 1e6
        root = work / "root"
        sql = lambda text: [tarn, "sql", "--root", root, "--format", "tsv", "-c", text]
        check = lambda text: subprocess.run([str(c) for c in sql(text)], check=True, capture_output=True, text=True, cwd=ROOT).stdout
        expected = check(f"{CHECK} parquet.`{source}`")
        starts = {"tarn": min(measured(sql("SELECT 1"))[0] for _ in range(5)),
                  "python": min(measured([python, "-c", "import duckdb, deltalake"])[0] for _ in range(3))}
        sides = {"Tarn OPTIMIZE": "tarn", "DuckDB reads and writes": "python", "delta-rs compact": "python"}
        if options.order:
            sides["Tarn OPTIMIZE ZORDER BY"] = "tarn"
        seconds, memory = {s: [] for s in sides}, {s: 0 for s in sides}
        for run in range(RUNS):
            for side, kind in sides.items():
                copy = linked(source, work / "copy")
                if side != "DuckDB reads and writes":
                    check(f"CONVERT TO DELTA parquet.`{copy}` NO STATISTICS")
                command = {"Tarn OPTIMIZE": lambda: sql(f"OPTIMIZE delta.`{copy}`"),
                           "Tarn OPTIMIZE ZORDER BY": lambda: sql("SET spark.databricks.delta.optimize.zorder.checkStatsCollection.enabled = false; "
                                                                  f"OPTIMIZE delta.`{copy}` ZORDER BY (customer, day)"),
                           "DuckDB reads and writes": lambda: [python, "-c", DUCKDB, copy, work / "out.parquet"],
                           "delta-rs compact": lambda: [python, "-c", DELTA_RS, copy]}[side]()
                took, peak = measured(command)
                seconds[side].append(took - starts[kind])
                memory[side] = max(memory[side], peak)
                actual = check(f"{CHECK} " + (f"parquet.`{work}/out.parquet`" if side.startswith("DuckDB") else f"delta.`{copy}`"))
                if actual != expected:
                    raise SystemExit(f"{side}: {actual.strip()}, expected {expected.strip()}")
                shutil.rmtree(copy)
    finally:
        shutil.rmtree(work)
    base = statistics.median(seconds["DuckDB reads and writes"])
    print(f"{options.rows:,} rows, {megabytes:.0f} MB in {options.files} files")
    print(f"{'':<26}{'s':>8}{'of DuckDB':>11}{'peak MB':>9}")
    for side in sides:
        middle = statistics.median(seconds[side])
        print(f"{side:<26}{middle:>8.2f}{middle / base:>10.2f}x{memory[side]:>9}")


if __name__ == "__main__":
    main()
