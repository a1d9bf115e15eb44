"""OPTIMIZE, REORG and VACUUM run while other processes insert and delete: no row is lost, none comes back, none is there twice."""
import json
import shutil
import threading
import unittest

from support import TarnTest


class MaintenanceUnderWriters(TarnTest):
    def sql(self, text, check=True):
        return self.call("sql", "--root", self.root, "--format", "jsonl", "-c", text, check=check)

    def until_done(self, text):
        """Runs a statement again as long as it loses races."""
        for _ in range(100):
            done = self.sql(text, check=False)
            if done.returncode == 0:
                return
            self.assertIn("[DELTA_CONCURRENT_", done.stderr, text)
        self.fail(f"{text} lost every race")

    def insert(self):
        for n in range(10):
            first = 10000 + n * 100
            self.sql(f"INSERT INTO t SELECT id, cast(id % 3 AS INT) FROM range({first}, {first + 100})")

    def delete(self):
        for n in range(8):
            self.until_done(f"DELETE FROM t WHERE id BETWEEN {n * 100} AND {n * 100 + 49}")

    def optimize(self):
        for statement in ("OPTIMIZE t", "REORG TABLE t APPLY (PURGE)", "OPTIMIZE t ZORDER BY (id)", "VACUUM t", "OPTIMIZE t", "REORG TABLE t APPLY (PURGE)"):
            done = self.sql(statement, check=False)
            if done.returncode != 0:
                self.assertIn("[DELTA_CONCURRENT_", done.stderr, statement)

    def test_no_row_is_lost(self):
        self.sql("CREATE TABLE t (id BIGINT, p INT) PARTITIONED BY (p); INSERT INTO t SELECT id, cast(id % 3 AS INT) FROM range(3000)")
        errors = []

        def guarded(action):
            def run():
                try:
                    action()
                except BaseException as error:  # whatever a thread meets is the test's failure
                    errors.append(f"{action.__name__}: {error}")
            return threading.Thread(target=run)

        threads = [guarded(action) for action in (self.insert, self.delete, self.optimize)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.sql("OPTIMIZE t; REORG TABLE t APPLY (PURGE)")
        expected = [i for i in range(3000) if not (i < 800 and i % 100 < 50)] + list(range(10000, 11000))
        (row,) = self.rows("SELECT count(*) AS n, count(DISTINCT id) AS d, sum(id) AS s FROM t")
        self.assertEqual(row, {"n": len(expected), "d": len(expected), "s": sum(expected)})
        (detail,) = self.rows("DESCRIBE DETAIL t")
        self.assertEqual(detail["numFiles"], 3)


class OrderedRewrite(TarnTest):
    def test_files_are_as_large_as_asked(self):
        # Rows come in row groups, so the number of files differs by how the threads meet.
        self.rows("CREATE TABLE sized (id BIGINT, v STRING) TBLPROPERTIES ('delta.targetFileSize' = '1mb'); "
                  "INSERT INTO sized SELECT id, sha2(cast(id AS STRING), 256) FROM range(400000); OPTIMIZE sized ZORDER BY (v)")
        log = self.root / "warehouse" / "main" / "default" / "sized" / "_delta_log"
        adds = [json.loads(line)["add"] for line in max(log.glob("*.json")).read_text().splitlines() if line.startswith('{"add"')]
        rows = [json.loads(add["stats"])["numRecords"] for add in adds]
        self.assertGreater(len(rows), 1)
        self.assertLess(max(rows), 400000)
        self.assertEqual(sum(rows), 400000)

    def converted(self, *ids):
        """A converted folder in which p=0/a.parquet, p=1/a.parquet, … each hold one id."""
        folder = self.folder / "converted"
        shutil.rmtree(folder, ignore_errors=True)
        for place, id in enumerate(ids):
            self.rows(f"CREATE OR REPLACE TABLE made AS SELECT {id} AS id")
            made = self.root / "warehouse" / "main" / "default" / "made"
            newest = json.loads([line for line in max((made / "_delta_log").glob("*.json")).read_text().splitlines() if line.startswith('{"add"')][0])
            (folder / f"p={place}").mkdir(parents=True)
            shutil.copy(made / newest["add"]["path"], folder / f"p={place}" / "a.parquet")
        self.rows(f"CONVERT TO DELTA parquet.`{folder}` PARTITIONED BY (p INT)")
        return folder

    def test_a_deep_clone_keeps_files_of_one_name_apart(self):
        ids = lambda table: [row["id"] for row in self.rows(f"SELECT id FROM {table} ORDER BY id")]
        folder = self.converted(1, 2)
        self.rows(f"CREATE TABLE shallow SHALLOW CLONE delta.`{folder}`; CREATE TABLE deep DEEP CLONE shallow")
        self.assertEqual(ids("deep"), [1, 2])
        # Another file under the name of one that was copied, of the same size.
        folder = self.converted(3, 2)
        self.rows(f"CREATE TABLE direct DEEP CLONE delta.`{folder}`")
        folder = self.converted(4, 2)
        self.rows(f"CREATE OR REPLACE TABLE direct DEEP CLONE delta.`{folder}`")
        self.assertEqual((ids("direct"), ids("direct VERSION AS OF 0")), ([2, 4], [2, 3]))


if __name__ == "__main__":
    unittest.main()
