#!/usr/bin/env python3
"""OPTIMIZE in Tarn beside reading and writing the same Parquet files with DuckDB, and beside delta-rs's compaction.

    .peers/venv/bin/python bench/optimize.py [--rows 10000000] [--files 100] [--build build] [--order]

Each side gets its own copy (hard links) of the same small files, and a process of its own; seconds are whole processes less
the start of one that does nothing. Medians of three. Afterwards each table has the same rows: counts and sums are compared.
"""
import argparse
import pathlib
import shutil
import statistics
import sys

from measure import CHECK, ROOT, apart, linked, make_files, measured, tarn_sql, work_folder

RUNS = 3

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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--order", action="store_true", help="ZORDER BY as well")
    options = parser.parse_args()
    python, work = sys.executable, work_folder("optimize")
    try:
        source = work / "source"
        apart(make_files, source, options.rows, options.files)
        megabytes = sum(f.stat().st_size for f in source.iterdir()) / 1e6
        sql = tarn_sql(options.build, work / "root")
        check = lambda text: measured(sql(text))[2]
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
                took, peak, _ = measured(command)
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
