#!/usr/bin/env python3
"""MERGE and DELETE in Tarn beside delta-rs and Spark: the same tables, the same source, equal rows afterwards.

    .peers/venv/bin/python bench/merge.py [--rows 10000000] [--build build] [--no-spark]

MERGE: 1 % updates and 1 % inserts, scattered over a table of ten files. DELETE: 0.1 % of the rows, scattered over every file, beside a
SELECT that only finds them. Tarn and Spark write deletion vectors; delta-rs rewrites files, it has no other way. Every side gets its own
copy (hard links) of the same files. Tarn's and delta-rs's figures are medians of three processes, less the start of one that does nothing; Spark is timed in a warm session.
Then a MERGE whose source and target are each a multiple of the memory limit.
"""
import argparse
import pathlib
import shutil
import statistics
import sys

from measure import CHECK, COLUMNS, ROOT, apart, linked, make_files, measured, spark_seconds, tarn_sql, work_folder

RUNS = 3
LIMIT_MB = 256_000_000 // 2**20
MERGE = "MERGE INTO delta.`{target}` t USING parquet.`{source}` s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
FIND = "SELECT count(*), sum(id) FROM delta.`{target}` WHERE customer % 1000 = 7"
DELETE = "DELETE FROM delta.`{target}` WHERE customer % 1000 = 7"
DELTA_RS_MERGE = """
import sys, pyarrow.parquet
from deltalake import DeltaTable
DeltaTable(sys.argv[1]).merge(pyarrow.parquet.read_table(sys.argv[2]), "t.id = s.id", source_alias="s", target_alias="t") \\
    .when_matched_update_all().when_not_matched_insert_all().execute()
"""
DELTA_RS_DELETE = "import sys\nfrom deltalake import DeltaTable\nDeltaTable(sys.argv[1]).delete('customer % 1000 = 7')"


def make_source(path, rows):
    """1 % of the target's ids, scattered, with new values, and as many ids that it lacks."""
    import duckdb
    duckdb.execute(f"""COPY (SELECT * REPLACE (quantity + 1 AS quantity, 'changed ' || note AS note) FROM (SELECT {COLUMNS} FROM (
        SELECT range * 100 + hash(range) % 100 AS i FROM range({rows // 100}) UNION ALL SELECT {rows} + range FROM range({rows // 100})))
        ORDER BY hash(id)) TO '{path}' (FORMAT parquet, COMPRESSION snappy)""")


class Bench:
    def __init__(self, options, work):
        self.sql = tarn_sql(options.build, work / "root")
        self.python = lambda text, *arguments: [sys.executable, "-c", text, *arguments]
        self.work, self.source, self.options = work, work / "source", options
        apart(make_files, self.source, options.rows, 10)
        apart(make_source, work / "changes.parquet", options.rows)
        self.starts = {"Tarn": min(measured(self.sql("SELECT 1"))[0] for _ in range(5)),
                       "delta-rs": min(measured(self.python("import deltalake, pyarrow.parquet"))[0] for _ in range(3))}

    def table(self, name, vectors):
        copy = linked(self.source, self.work / name)
        measured(self.sql(f"CONVERT TO DELTA parquet.`{copy}`" +
                          (f"; ALTER TABLE delta.`{copy}` SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')" if vectors else "")))
        return copy

    def rows_of(self, copy):
        return measured(self.sql(f"{CHECK} delta.`{copy}`"))[2].split()

    def process(self, side, command):
        """Median seconds and peak memory of three fresh copies; the rows that the last one holds."""
        seconds, memory = [], 0
        for _ in range(RUNS):
            copy = self.table("copy", vectors=side == "Tarn")
            took, peak, _ = measured(command(copy))
            seconds.append(took - self.starts[side])
            memory = max(memory, peak)
            rows = self.rows_of(copy)
            shutil.rmtree(copy)
        return statistics.median(seconds), memory, rows

    def spark(self, statements, warm_up):
        copy, small = self.table("copy", vectors=True), self.work / "small"
        if not small.exists():
            apart(make_files, self.work / "few", 100_000, 2)
            linked(self.work / "few", small)
            measured(self.sql(f"CONVERT TO DELTA parquet.`{small}`; ALTER TABLE delta.`{small}` SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"))
        seconds, memory = spark_seconds([t.format(target=small, source=self.work / "changes.parquet") for t in warm_up],
                                        [t.format(target=copy, source=self.work / "changes.parquet") for t in statements])
        rows = self.rows_of(copy)
        shutil.rmtree(copy)
        return seconds[0], memory, rows


def show(title, figures):
    print(f"== {title}\n{'':<26}{'s':>8}{'of Tarn':>10}{'peak MB':>9}")
    base = figures["Tarn"][0]
    for side, (seconds, memory, _) in figures.items():
        print(f"{side:<26}{seconds:>8.2f}{seconds / base:>9.1f}x{memory:>9}")
    rows = {side: f[2] for side, f in figures.items() if f[2]}
    equal = len(set(map(tuple, rows.values()))) == 1
    print("rows are equal" if equal else f"rows DIFFER: {rows}", flush=True)
    return equal


def larger_than_memory(bench):
    """Source and target with as many rows as the table above, each about 1 GB as columns, under a limit of 256 MB for the process."""
    rows = bench.options.rows
    apart(make_files, bench.work / "large", rows, 10, rows // 2)
    copy = bench.table("copy", vectors=True)
    seconds, memory, _ = measured(bench.sql(MERGE.format(target=copy, source=bench.work / "large")), TARN_MEMORY_LIMIT="256MB")
    actual = bench.rows_of(copy)
    expected = measured(bench.sql(f"{CHECK} (SELECT * FROM parquet.`{bench.source}` UNION SELECT * FROM parquet.`{bench.work}/large`)"))[2].split()
    print(f"== MERGE of {rows:,} rows into {rows:,}, half of them updates, memory limit 256 MB\n{seconds:.1f} s, peak {memory} MB; rows "
          + ("are right" if actual == expected else f"DIFFER: {actual}, expected {expected}")
          + ("" if memory <= LIMIT_MB else f"; MORE THAN THE LIMIT of {LIMIT_MB} MiB"), flush=True)
    return actual == expected and memory <= LIMIT_MB


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--no-spark", action="store_true")
    options = parser.parse_args()
    work = work_folder("merge")
    try:
        bench = Bench(options, work)
        changes = work / "changes.parquet"
        merge = {"Tarn": bench.process("Tarn", lambda t: bench.sql(MERGE.format(target=t, source=changes))),
                 "delta-rs": bench.process("delta-rs", lambda t: bench.python(DELTA_RS_MERGE, t, changes))}
        if not options.no_spark:
            merge["Spark, deletion vectors"] = bench.spark([MERGE], [MERGE, MERGE, DELETE])
        good = show(f"MERGE of {options.rows // 50:,} rows into {options.rows:,}, half of them updates", merge)
        delete = {"Tarn": bench.process("Tarn", lambda t: bench.sql(DELETE.format(target=t))),
                  "Tarn only finds them": (*bench.process("Tarn", lambda t: bench.sql(FIND.format(target=t)))[:2], None),
                  "delta-rs": bench.process("delta-rs", lambda t: bench.python(DELTA_RS_DELETE, t))}
        if not options.no_spark:
            delete["Spark, deletion vectors"] = bench.spark([DELETE], [DELETE, MERGE, DELETE])
        good &= show(f"DELETE of 0.1 % of {options.rows:,} rows", delete)
        good &= larger_than_memory(bench)
    finally:
        shutil.rmtree(work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
