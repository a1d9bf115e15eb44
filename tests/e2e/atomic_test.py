"""Catalog-managed tables and BEGIN ATOMIC … END: several tables change together, or not at all."""
import json
import subprocess
import sqlite3
import threading
import unittest

from support import TARN, TarnTest

MANAGED = "TBLPROPERTIES ('delta.feature.catalogManaged' = 'supported')"


class Atomic(TarnTest):
    def setUp(self):
        super().setUp()
        self.sql(f"CREATE TABLE a (id INT, n INT) {MANAGED}; CREATE TABLE b (id INT, n INT) {MANAGED}; CREATE TABLE plain (id INT)")
        self.sql("INSERT INTO a VALUES (1, 100), (2, 0); INSERT INTO b VALUES (1, 0)")

    def sql(self, text, check=True):
        return self.call("sql", "--root", self.root, "--format", "jsonl", "-c", text, check=check)

    def log(self, table):
        return self.root / "warehouse" / "main" / "default" / table / "_delta_log"

    def ids(self, table):
        return [r["id"] for r in self.rows(f"SELECT id FROM {table} ORDER BY id")]

    def metastore(self, query):
        with sqlite3.connect(self.root / "metastore.db") as db:
            return db.execute(query).fetchall()

    def test_one_change_of_two_tables(self):
        done = self.sql("""BEGIN ATOMIC
            UPDATE a SET n = n - 30 WHERE id = 1;
            UPDATE b SET n = n + 30 WHERE id = 1;
            INSERT INTO b SELECT id, n FROM a WHERE id = 1;
            SELECT (SELECT sum(n) FROM a) AS a, (SELECT sum(n) FROM b) AS b;
        END""")
        # A statement sees what the ones before it did: b has its own 30 and the 70 that are left of a's row.
        self.assertEqual(json.loads(done.stdout.splitlines()[-1]), {"a": 70, "b": 100})
        self.assertEqual(self.rows("SELECT (SELECT sum(n) FROM a) AS a, (SELECT sum(n) FROM b) AS b"), [{"a": 70, "b": 100}])
        self.assertEqual(self.metastore("SELECT count(*) FROM ratified"), [(0,)])
        self.assertEqual(list((self.log("b") / "_staged_commits").iterdir()), [], "published commits are not kept twice")
        self.assertTrue((self.log("b") / f"{3:020}.json").exists())
        info = json.loads((self.log("b") / f"{3:020}.json").read_text().splitlines()[0])["commitInfo"]
        self.assertIn("inCommitTimestamp", info)
        self.assertIn("txnId", info)

    def test_a_failure_undoes_all(self):
        before = {t: sorted(p.name for p in self.log(t).parent.rglob("*") if p.is_file() and ".bin" not in p.name) for t in "ab"}
        done = self.sql("BEGIN ATOMIC INSERT INTO a VALUES (9, 9); DELETE FROM b; INSERT INTO b SELECT 1 / 0, 1; END", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("DIVIDE_BY_ZERO", done.stderr)
        self.assertEqual((self.ids("a"), self.ids("b")), ([1, 2], [1]))
        after = {t: sorted(p.name for p in self.log(t).parent.rglob("*") if p.is_file() and ".bin" not in p.name) for t in "ab"}
        self.assertEqual(after, before, "nothing is left behind")

    def test_what_may_stand_in_a_block(self):
        for text, expected in [("INSERT INTO plain VALUES (1)", "catalogManaged"), ("CREATE TABLE c (id INT)", "takes queries, INSERT"),
                               ("BEGIN ATOMIC SELECT 1; END", "block within")]:
            done = self.sql(f"BEGIN ATOMIC INSERT INTO a VALUES (3, 3); {text}; END", check=False)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn("FEATURE_NOT_SUPPORTED", done.stderr)
            self.assertIn(expected, done.stderr)
        self.assertEqual(self.ids("a"), [1, 2])
        self.sql("BEGIN ATOMIC MERGE INTO a USING plain p ON a.id = p.id WHEN NOT MATCHED THEN INSERT (id, n) VALUES (p.id, 0); TRUNCATE TABLE b; END")
        self.assertEqual(self.ids("b"), [])

    def test_ratified_but_not_published(self):
        # As a crash between the two leaves it: the commit counts, and the next one who looks publishes it.
        self.sql("INSERT INTO a VALUES (3, 3)")
        newest = self.log("a") / f"{2:020}.json"
        staged = self.log("a") / "_staged_commits" / f"{2:020}.0b9c1c5e-8a53-4f0e-9f0e-1d2c3b4a5f60.json"
        newest.rename(staged)
        location = str(self.log("a").parent.relative_to(self.root))
        with sqlite3.connect(self.root / "metastore.db") as db:
            db.execute("INSERT INTO ratified VALUES (?, 2, ?)", (location, staged.name))
        self.assertEqual(self.ids("a"), [1, 2, 3])
        self.assertTrue(newest.exists())
        self.assertFalse(staged.exists())
        # A staged commit that was never ratified is not part of the table.
        (self.log("a") / "_staged_commits" / f"{3:020}.11111111-8a53-4f0e-9f0e-1d2c3b4a5f60.json").write_text("{")
        self.assertEqual(self.ids("a"), [1, 2, 3])
        self.sql("INSERT INTO a VALUES (4, 4)")
        self.assertEqual(self.ids("a"), [1, 2, 3, 4])

    def test_a_writer_that_passes_by_the_catalog(self):
        newest = self.log("a") / f"{1:020}.json"
        (self.log("a") / f"{2:020}.json").write_text(newest.read_text())
        self.assertEqual(self.ids("a"), [1, 2], "versions that the catalog does not know are ignored")
        done = self.sql("INSERT INTO a VALUES (5, 5)", check=False)
        self.assertIn("catalogManaged", self.sql("SELECT * FROM a", check=False).stderr + done.stderr)

    def test_other_catalogs_tables_are_refused(self):
        folder = self.log("a").parent
        done = self.call("sql", "--root", self.folder / "other", "-c", f"SELECT * FROM delta.`{folder}`", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("DELTA_UNSUPPORTED_FEATURES_FOR_READ", done.stderr)
        self.assertIn("catalogManaged", done.stderr)

    def test_many_writers_lose_nothing(self):
        # Each moves one from a to b in a block; whoever loses a race tries again.
        moved = []

        def move(i):
            for _ in range(40):
                done = subprocess.run([TARN, "sql", "--root", str(self.root), "-c",
                                       f"BEGIN ATOMIC UPDATE a SET n = n - 1 WHERE id = 1; INSERT INTO b VALUES ({i}, 1); END"],
                                      capture_output=True, text=True)
                if done.returncode == 0:
                    moved.append(i)
                    return
                self.assertIn("DELTA_CONCURRENT", done.stderr)

        threads = [threading.Thread(target=move, args=(10 + i,)) for i in range(6)]
        sums = []
        for thread in threads:
            thread.start()
        while any(t.is_alive() for t in threads):
            sums.append(self.value("SELECT (SELECT sum(n) FROM a) + (SELECT sum(n) FROM b) AS s"))
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(moved), [10 + i for i in range(6)])
        self.assertEqual(set(sums), {100}, "no reader saw half of a block")
        self.assertEqual(self.value("SELECT sum(n) FROM a"), 94)

    def test_dropping_and_making_anew(self):
        self.sql(f"DROP TABLE a; CREATE TABLE a (id INT, n INT) {MANAGED}; INSERT INTO a VALUES (7, 7)")
        self.assertEqual(self.ids("a"), [7])
        self.assertEqual(self.sql("SELECT * FROM a VERSION AS OF 0").stdout, "")
        for i in range(12):
            self.sql(f"INSERT INTO a VALUES ({10 + i}, 0)")
        self.assertTrue(any("checkpoint" in p.name for p in self.log("a").iterdir()))
        self.assertEqual(len(self.ids("a")), 13)


if __name__ == "__main__":
    unittest.main()
