#!/usr/bin/env python3
"""Opening tables with long logs in Tarn beside delta-rs and Spark: 100,000 commits with a checkpoint, and one million files.

    .peers/venv/bin/python bench/log.py [--commits 100000] [--files 1000000] [--build build] [--no-spark]

`open` asks for the number of files and their bytes; `point query` reads the one row of the one file that statistics leave over: no other data
file exists, so a reader that opens another one fails. The checkpoints are delta-rs's, so nobody reads its own. Tarn's and delta-rs's figures are
medians of five processes, less the start of one that does nothing; Spark opens each table for the first time in a session that is warm from a small one.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import sys

from measure import ROOT, apart, measured, spark_seconds, tarn_sql, work_folder

RUNS = 5
PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
SCHEMA = {"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": True, "metadata": {}},
                                       {"name": "note", "type": "string", "nullable": True, "metadata": {}}]}
METADATA = {"metaData": {"id": "5b3c1c4e-7d4f-4a83-9f0c-0d6a1f0a9a11", "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(SCHEMA),
                         "partitionColumns": [], "configuration": {}, "createdTime": 1700000000000}}
ROWS_A_FILE = 1000
OPEN = "DESCRIBE DETAIL delta.`{table}`"
POINT = "SELECT id, note FROM delta.`{table}` WHERE id = {wanted}"
DELTA_RS_OPEN = """
import sys, pyarrow
from deltalake import DeltaTable
print(pyarrow.table(DeltaTable(sys.argv[1]).get_add_actions()).num_rows)
"""
DELTA_RS_POINT = """
import sys, pyarrow
from deltalake import DeltaTable, QueryBuilder
print(pyarrow.table(QueryBuilder().register("t", DeltaTable(sys.argv[1])).execute(f"SELECT id, note FROM t WHERE id = {sys.argv[2]}")).to_pylist())
"""


def add(i, size=12_345):
    first = i * ROWS_A_FILE
    stats = {"numRecords": ROWS_A_FILE, "minValues": {"id": first, "note": f"note {first}"},
             "maxValues": {"id": first + ROWS_A_FILE - 1, "note": f"note {first + ROWS_A_FILE}"}, "nullCount": {"id": 0, "note": 0}}
    return json.dumps({"add": {"path": f"part-{i:07}.parquet", "partitionValues": {}, "size": size, "modificationTime": 1700000000000 + i,
                               "dataChange": True, "stats": json.dumps(stats)}})


def commit_info(version):
    return json.dumps({"commitInfo": {"timestamp": 1700000000000 + version, "operation": "WRITE", "operationParameters": {"mode": "Append"}}})


def make_table(folder, commits, files, wanted):
    """`files` files added by `commits` commits, a checkpoint by delta-rs five commits before the end; one data file: the wanted row's."""
    import duckdb
    from deltalake import DeltaTable
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    hit = wanted // ROWS_A_FILE
    data = folder / f"part-{hit:07}.parquet"
    duckdb.execute(f"COPY (SELECT i AS id, 'note ' || i AS note FROM range({hit * ROWS_A_FILE}, {(hit + 1) * ROWS_A_FILE}) t(i)) TO '{data}' (FORMAT parquet)")
    for version in range(commits):
        if version == commits - 5:
            DeltaTable(str(folder)).create_checkpoint()
        lines = [commit_info(version)] + ([json.dumps(PROTOCOL), json.dumps(METADATA)] if version == 0 else [])
        lines += [add(i, data.stat().st_size if i == hit else 12_345) for i in range(files * version // commits, files * (version + 1) // commits)]
        (log / f"{version:020}.json").write_text("\n".join(lines) + "\n")


def compare(title, table, files, wanted, small, options, starts, sql):
    figures = {}
    for what, text, delta_rs in (("open", OPEN, DELTA_RS_OPEN), ("point query", POINT, DELTA_RS_POINT)):
        commands = {"Tarn": sql(text.format(table=table, wanted=wanted)), "delta-rs": [sys.executable, "-c", delta_rs, table, str(wanted)]}
        for side, command in commands.items():
            runs = [measured(command) for _ in range(RUNS)]
            expected = str(files) if what == "open" else f"note {wanted}"
            if any(expected not in output for _, _, output in runs):
                raise SystemExit(f"{side}, {what}: {runs[0][2][:300]}, expected {expected}")
            figures[side, what] = statistics.median(r[0] for r in runs) - starts[side], max(r[1] for r in runs)
    if not options.no_spark:
        warm = [t.format(table=small, wanted=17) for t in (OPEN, POINT)] * 2
        seconds, memory = spark_seconds(warm, [t.format(table=table, wanted=wanted) for t in (OPEN, POINT)])
        figures["Spark", "open"], figures["Spark", "point query"] = (seconds[0], memory), (seconds[1], memory)
    print(f"== {title}\n{'':<12}{'':<14}{'s':>8}{'of Tarn':>10}{'peak MB':>9}")
    for (side, what), (seconds, memory) in sorted(figures.items(), key=lambda f: f[0][1]):
        print(f"{what:<14}{side:<12}{seconds:>8.2f}{seconds / figures['Tarn', what][0]:>9.1f}x{memory:>9}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--no-spark", action="store_true")
    options = parser.parse_args()
    work = work_folder("log")
    try:
        sql = tarn_sql(options.build, work / "root")
        starts = {"Tarn": min(measured(sql("SELECT 1"))[0] for _ in range(5)),
                  "delta-rs": min(measured([sys.executable, "-c", "import deltalake, pyarrow"])[0] for _ in range(3))}
        apart(make_table, work / "small", 20, 20, 17)
        for title, commits, files in ((f"{options.commits:,} commits, a file each", options.commits, options.commits),
                                      (f"{options.files:,} files, 1,000 commits", 1_000, options.files)):
            table, wanted = work / "table", files // 2 * ROWS_A_FILE + 77
            apart(make_table, table, commits, files, wanted)
            compare(title, table, files, wanted, work / "small", options, starts, sql)
            shutil.rmtree(table)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
