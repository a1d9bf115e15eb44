"""Files that the log excludes are not opened: a query still works when such a file is gone, and fails when it is needed."""
import json
import unittest

from support import TarnTest

ROWS = {  # One file each: the batch, then one column of every kind that has bounds.
    b: [f"({b * 10 + i}, {b}.{i}D, '{'abc'[b]}{i}', DATE '2024-0{b + 1}-0{i + 1}', TIMESTAMP '2024-0{b + 1}-01 00:00:00.00{i}9', "
        f"CAST({b}.{i} AS DECIMAL(9,2)), NAMED_STRUCT('x', {b * 10 + i}, 'y', NAMED_STRUCT('z', '{'abc'[b]}')), NULL, '{b}')"
        for i in range(5)] for b in range(3)}


class Pruning(TarnTest):
    def setUp(self):
        super().setUp()
        self.sql("""CREATE TABLE t (id INT, d DOUBLE, s STRING, day DATE, at TIMESTAMP, price DECIMAL(9,2),
            n STRUCT<x: INT, y: STRUCT<z: STRING>>, nothing INT, part STRING)""")
        for rows in ROWS.values():
            self.sql(f"INSERT INTO t VALUES {', '.join(rows)}")

    def sql(self, text):
        return self.rows(text)

    def without(self, table, batch, query):
        """What the query gives when only the file of `batch` is left."""
        folder = self.root / "warehouse" / "main" / "default" / table
        hidden = [p for p in folder.rglob("*.parquet") if p.is_file() and "_delta_log" not in p.parts]
        keep = self.batch_file(table, batch)
        moved = [(p, p.with_suffix(".gone")) for p in hidden if p != keep]
        self.assertEqual(len(moved), len(hidden) - 1)
        for source, target in moved:
            source.rename(target)
        try:
            return self.call("sql", "--root", self.root, "--format", "tsv", "-c", query, check=False)
        finally:
            for source, target in moved:
                target.rename(source)

    def batch_file(self, table, batch):
        log = self.root / "warehouse" / "main" / "default" / table / "_delta_log"
        for commit in sorted(log.glob("*.json")):
            for line in commit.read_text().splitlines():
                add = json.loads(line).get("add")
                if add and f'"id":{batch * 10}' in add["stats"].split("maxValues")[0]:
                    return log.parent / add["path"]
        self.fail(f"no file begins with id {batch * 10}")

    def reads_only(self, batch, query, expected, table="t"):
        done = self.without(table, batch, query)
        self.assertEqual((done.returncode, done.stdout.split("\n")[0].strip()), (0, str(expected)), f"{query}\n{done.stderr}")

    def test_filters_of_every_type(self):
        for condition, rows in [
                ("id BETWEEN 10 AND 14", 5), ("id = 12", 1), ("id IN (11, 13)", 2), ("d >= 1.0D AND d < 1.5D", 5), ("s BETWEEN 'b0' AND 'b9'", 5), ("s = 'b3'", 1),
                ("day = DATE '2024-02-03'", 1), ("at >= TIMESTAMP '2024-02-01' AND at < TIMESTAMP '2024-03-01'", 5),
                ("price BETWEEN 1.0 AND 1.9", 5), ("n.x = 11", 1), ("n.y.z = 'b' AND n.x > 10", 4), ("id > 9 AND id < 15", 5)]:
            self.reads_only(1, f"SELECT count(s) FROM t WHERE {condition}", rows)

    def test_the_same_after_a_checkpoint(self):
        """Statistics then wait in the checkpoint's file; a table without it is as it was before."""
        self.sql("ALTER TABLE t SET TBLPROPERTIES ('delta.checkpointInterval' = '2')")
        self.sql("INSERT INTO t VALUES " + ROWS[2][0].replace("(20,", "(30,"))
        log = self.root / "warehouse" / "main" / "default" / "t" / "_delta_log"
        checkpoint = max(log.glob("*.checkpoint.parquet"))
        for commit in log.glob("*.json"):
            if commit.name < checkpoint.name:
                commit.rename(commit.with_suffix(".old"))
        done = self.call("sql", "--root", self.root, "--format", "tsv", "-c", "SELECT count(*), max(id) FROM t; SELECT s FROM t WHERE id = 12; DESCRIBE DETAIL t")
        self.assertEqual(done.stdout.splitlines()[:2], ["16\t30", "b2"])
        for commit in log.glob("*.old"):
            commit.rename(commit.with_suffix(".json"))
        self.reads_only(1, "SELECT count(s) FROM t WHERE n.y.z = 'b'", 5)

    def test_bounds_are_not_taken_too_narrow(self):
        # A timestamp's bounds are cut to milliseconds in the log; the last microseconds are still found.
        self.assertEqual(self.value("SELECT count(*) FROM t WHERE at >= TIMESTAMP '2024-02-01 00:00:00.004800'"), 6)
        self.assertEqual(self.value("SELECT count(*) FROM t WHERE at = TIMESTAMP '2024-02-01 00:00:00.0049'"), 1)

    def test_a_join_excludes_files(self):
        self.reads_only(1, "SELECT count(*) FROM t JOIN (VALUES (11), (14)) AS w(key) ON t.id = w.key", 2)

    def test_partitions(self):
        self.sql("CREATE TABLE p PARTITIONED BY (part) AS SELECT * FROM t")
        self.reads_only(2, "SELECT count(s) FROM p WHERE part = '2'", 5, "p")
        self.assertEqual(self.value("SELECT count(*) FROM p WHERE part IS NULL"), 0)

    def test_counts_and_bounds_need_no_file(self):
        folder = self.root / "warehouse" / "main" / "default" / "t"
        self.sql("DELETE FROM t WHERE id = 11")
        for file in folder.glob("*.parquet"):
            file.unlink()
        self.assertEqual(self.value("SELECT count(*) FROM t"), 14)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM t WHERE id < 10"), [{"n": 5}])
        needed = self.call("sql", "--root", self.root, "-c", "SELECT min(id), max(day) FROM t", check=False)
        self.assertEqual(needed.returncode, 1, "a file with masked rows must be read for its bounds")

    def test_min_and_max_need_no_file(self):
        self.assertEqual(self.rows("SELECT min(id) AS a, max(id) AS b, max(day) AS c, count(*) AS n FROM t"),
                         [{"a": 0, "b": 24, "c": "2024-03-05", "n": 15}])
        for file in (self.root / "warehouse" / "main" / "default" / "t").glob("*.parquet"):
            file.unlink()
        self.assertEqual(self.rows("SELECT min(id) AS a, max(id) AS b, max(day) AS c, count(*) AS n FROM t"),
                         [{"a": 0, "b": 24, "c": "2024-03-05", "n": 15}])

    def test_changes_name_the_right_rows(self):
        # The rows' identity survives a scan that was cut down to one file.
        self.sql("UPDATE t SET s = 'changed' WHERE id = 12; DELETE FROM t WHERE id = 23")
        self.sql("MERGE INTO t USING (SELECT 21 AS key) k ON t.id = k.key WHEN MATCHED THEN UPDATE SET s = 'merged'")
        self.assertEqual(self.rows("SELECT id, s FROM t WHERE s IN ('changed', 'merged') ORDER BY id"),
                         [{"id": 12, "s": "changed"}, {"id": 21, "s": "merged"}])
        self.assertEqual(self.value("SELECT sum(id) FROM t"), sum(b * 10 + i for b in range(3) for i in range(5)) - 23)


if __name__ == "__main__":
    unittest.main()
