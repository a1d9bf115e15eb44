"""What a flow takes in, and when: sources that change shape, runs side by side, several streams, AUTO CDC's rules, materialized views."""
import json
import os
import random
import subprocess
import unittest

from support import TARN, TarnTest

NOTHING = "nothing to do"


class Streams(TarnTest):
    def setUp(self):
        super().setUp()
        self.make_project()

    def define(self, text):
        self.write_pipeline(text.replace("DATA", str(self.data)))

    def put(self, name, documents):
        (self.data / name).write_text(documents if isinstance(documents, str) else "".join(json.dumps(d) + "\n" for d in documents))

    def sql(self, text):
        return self.call("sql", "--root", self.root, "-c", text)

    def table(self, name="o"):
        rows = self.rows(f"SELECT * FROM main.default.{name}")
        return sorted(rows, key=lambda row: (row.get("id") is not None, row.get("id") or 0))

    RAW = "CREATE STREAMING TABLE raw AS SELECT * EXCEPT (_rescued_data) FROM STREAM read_files('DATA/*.json', format => 'json');"
    CDC = RAW + """CREATE STREAMING TABLE o{rules};
        CREATE FLOW f AS AUTO CDC INTO o FROM STREAM(raw) KEYS (id) {more} SEQUENCE BY s {columns} STORED AS SCD TYPE 1;"""

    def cdc(self, rules="", more="", columns=""):
        self.define(self.CDC.format(rules=rules, more=more, columns=columns))

    # --- Sources

    def test_two_streams_of_one_source_see_the_same_rows(self):
        self.define(self.RAW + """CREATE STREAMING TABLE o AS
            SELECT id FROM STREAM(raw) WHERE id < 5 UNION ALL SELECT id + 100 FROM STREAM(raw) WHERE id >= 5;
            CREATE STREAMING TABLE p AS SELECT id FROM STREAM read_files('DATA/*.json', format => 'json')
              UNION ALL SELECT -id FROM STREAM read_files('DATA/*.json', format => 'json');""")
        self.put("a.json", [{"id": 1}, {"id": 7}])
        self.run_project()
        self.assertEqual([r["id"] for r in self.table()], [1, 107])
        self.put("b.json", [{"id": 2}])
        self.run_project()
        self.assertEqual([r["id"] for r in self.table()], [1, 2, 107])
        self.assertEqual([r["id"] for r in self.table("p")], [-7, -2, -1, 1, 2, 7])
        self.assertIn(NOTHING, self.run_project().stdout)

    def test_a_compacted_source_is_followed(self):
        self.define(self.RAW + "CREATE STREAMING TABLE o AS SELECT id FROM STREAM(raw);")
        for i in range(3):
            self.put(f"{i}.json", [{"id": i}])
            self.run_project()
        self.sql("OPTIMIZE main.default.raw")
        self.put("3.json", [{"id": 3}])
        self.run_project()
        self.assertEqual([r["id"] for r in self.table()], [0, 1, 2, 3])
        # What was appended is read once, wherever compaction has put it since.
        self.put("4.json", [{"id": 4}])
        self.run_project("--select", "raw")
        self.sql("OPTIMIZE main.default.raw")
        self.run_project()
        self.assertEqual([r["id"] for r in self.table()], [0, 1, 2, 3, 4])
        self.sql("DELETE FROM main.default.raw WHERE id = 1")
        self.put("5.json", [{"id": 5}])
        self.assertIn("DELTA_SOURCE_TABLE_IGNORE_CHANGES", self.run_project(check=False).stderr)

    def test_a_source_that_was_made_anew_is_noticed(self):
        self.define(self.RAW + "CREATE STREAMING TABLE o AS SELECT id FROM STREAM(raw);")
        self.put("a.json", [{"id": 1}])
        self.run_project()
        self.put("b.json", [{"id": 2}])
        self.run_project("--select", "raw", "--full-refresh")
        failed = self.run_project(check=False)
        self.assertRegex(failed.stderr, r"\[STREAM_FAILED.*made anew")
        self.assertIn("--full-refresh", failed.stderr)
        self.run_project("--full-refresh")
        self.assertEqual([r["id"] for r in self.table()], [1, 2])

    def test_a_stream_without_news_beside_one_that_has_some(self):
        for kind in ("csv", "json"):
            with self.subTest(kind):
                lines = (lambda n: f"id,t\n{n},x{n}\n") if kind == "csv" else (lambda n: json.dumps({"id": n, "t": f"x{n}"}) + "\n")
                self.define(f"CREATE STREAMING TABLE {kind}_o AS SELECT id, t FROM STREAM read_files('DATA/a*.{kind}') UNION ALL SELECT id, t FROM STREAM read_files('DATA/b*.{kind}');")
                for i, name in enumerate(("a1", "b1", "a2", "b2")):
                    self.put(f"{name}.{kind}", lines(i))
                    if i > 0:
                        self.run_project()
                self.assertEqual(self.table(f"{kind}_o"), [{"id": i, "t": f"x{i}"} for i in range(4)])

    def test_a_view_is_no_source(self):
        self.define(self.RAW + "CREATE VIEW v AS SELECT * FROM raw; CREATE STREAMING TABLE o AS SELECT * FROM STREAM(v);")
        self.put("a.json", [{"id": 1}])
        self.assertRegex(self.run_project(check=False).stderr, r"\[STREAM_FAILED.*is a view")

    def test_columns_that_the_query_names_before_they_were_seen(self):
        # Late in a first load of a file that is large enough to be guessed from pieces,
        text = "x" * 100
        rows = [{"id": i, "text": text} for i in range(90_000)]
        rows[20_000]["rare"] = "r"
        self.define("CREATE STREAMING TABLE o AS SELECT id, rare FROM STREAM read_files('DATA/*.json', format => 'json');")
        self.put("a.json", rows)
        self.run_project()
        self.assertEqual(self.rows("SELECT count(*) AS n, count(rare) AS rare FROM main.default.o"), [{"n": 90_000, "rare": 1}])
        # and in a later batch.
        self.define("CREATE STREAMING TABLE o AS SELECT id, rare, extra FROM STREAM read_files('DATA/*.json', format => 'json');")
        self.put("b.json", [{"id": -1, "extra": 5}])
        self.run_project()
        self.assertEqual(self.rows("SELECT * FROM main.default.o WHERE id < 0"), [{"id": -1, "rare": None, "extra": 5}])

    def test_copy_into_looks_at_all_of_a_large_file(self):
        rows = [{"id": i, "text": "x" * 100} for i in range(90_000)]
        self.put("regular.ndjson", rows)
        rows[20_000]["rare"] = True
        self.put("late.ndjson", rows)
        self.sql(f"""CREATE TABLE t; CREATE TABLE u (id BIGINT);
            COPY INTO t FROM '{self.data}/late.ndjson' FILEFORMAT = JSON FORMAT_OPTIONS ('ignoreCorruptFiles' = 'true') COPY_OPTIONS ('mergeSchema' = 'true');
            COPY INTO u FROM (SELECT id FROM '{self.data}/regular.ndjson') FILEFORMAT = JSON""")
        self.assertEqual(self.rows("SELECT count(*) AS n, count(rare) AS rare FROM t"), [{"n": 90_000, "rare": 1}])
        self.assertEqual(self.value("SELECT count(*) AS n FROM u"), 90_000)

    def test_runs_side_by_side_lose_nothing(self):
        self.define(self.RAW)
        expected = 0
        for batch in range(3):
            self.put(f"{batch}a.json", [{"id": i} for i in range(200_000)])
            first = subprocess.Popen([TARN, "run", str(self.project), "--root", str(self.root)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.put(f"{batch}b.json", [{"id": i} for i in range(50_000)])
            second = self.run_project(check=False)
            output, _ = first.communicate()
            expected += 250_000
            self.assertEqual((first.returncode, second.returncode), (0, 0), output + second.stderr)
            self.run_project()
            self.assertEqual(self.value("SELECT count(*) AS n FROM main.default.raw"), expected)

    def test_a_full_refresh_drops_nothing_before_its_sources_are_there(self):
        self.define(self.RAW)
        self.put("a.json", [{"id": 1}])
        self.run_project()
        text = (self.project / "pipelines" / "all.sql").read_text()
        self.write_pipeline(text.replace(str(self.data), str(self.data / "typo")))
        self.assertIn("PATH_NOT_FOUND", self.run_project("--full-refresh", check=False).stderr)
        self.assertEqual(self.table("raw"), [{"id": 1}])
        # A folder that is gone is no folder without news.
        self.write_pipeline(text)
        self.data.rename(self.folder / "away")
        self.assertIn("PATH_NOT_FOUND", self.run_project(check=False).stderr)
        (self.folder / "away").rename(self.data)
        (self.data / "a.json").unlink()
        self.assertIn(NOTHING, self.run_project().stdout)

    def test_a_test_is_a_query(self):
        self.define(self.RAW)
        self.put("a.json", [{"id": 1}])
        self.run_project()
        (self.project / "tests").mkdir()
        (self.project / "tests" / "t.sql").write_text("DELETE FROM raw")
        failed = self.call("test", self.project, "--root", self.root, check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("A test is a query", failed.stdout + failed.stderr)
        self.assertEqual(self.table("raw"), [{"id": 1}])

    # --- AUTO CDC

    def test_a_dropped_row_does_not_count_as_the_newest(self):
        self.cdc(rules=" (CONSTRAINT good EXPECT (v > 0) ON VIOLATION DROP ROW)", columns="COLUMNS * EXCEPT (s)")
        self.put("a.json", [{"id": 1, "s": 5, "v": 1}, {"id": 1, "s": 10, "v": -1}])
        self.run_project()
        self.put("b.json", [{"id": 1, "s": 7, "v": 2}])
        self.run_project()
        self.assertEqual(self.table(), [{"id": 1, "v": 2}])
        self.put("c.json", [{"id": 1, "s": 6, "v": 3}])
        self.run_project()
        self.assertEqual(self.table(), [{"id": 1, "v": 2}])

    def test_a_sequence_that_is_not_kept_needs_a_target_of_its_own(self):
        self.define("".join(f"CREATE STREAMING TABLE raw{i} AS SELECT * FROM STREAM read_files('DATA/{i}.json', format => 'json');"
                            f"CREATE FLOW f{i} AS AUTO CDC INTO o FROM STREAM(raw{i}) KEYS (id) SEQUENCE BY s COLUMNS * EXCEPT (s) STORED AS SCD TYPE 1;" for i in (1, 2)) +
                    "CREATE STREAMING TABLE o;")
        self.put("1.json", [{"id": 1, "s": 10, "v": 10}])
        self.put("2.json", [{"id": 1, "s": 5, "v": 5}])
        self.assertIn("other flows write to it", self.run_project(check=False).stderr)

    def test_null_updates_are_ignored_as_if_rows_came_one_by_one(self):
        changes = [{"id": 1, "s": 1, "a": 1}, {"id": 2, "s": 1, "a": 5}, {"id": 1, "s": 2, "b": 2}, {"id": 1, "s": 3, "a": 10}, {"id": 1, "s": 4, "b": 20},
                   {"id": 2, "s": 2, "b": 6}, {"id": 2, "s": 3, "a": 7}, {"id": 1, "s": 5}]
        expected = [{"id": 1, "a": 10, "b": 20, "s": 5}, {"id": 2, "a": 7, "b": 6, "s": 3}]
        self.cdc(more="IGNORE NULL UPDATES")
        for cuts in ((8,), (1, 2, 3, 4, 5, 6, 7, 8), (3, 8), (2, 5, 8)):
            with self.subTest(cuts):
                self.run_project("--full-refresh", check=False)
                for old in self.data.iterdir():
                    old.unlink()
                # The first file has all columns.
                self.put("0.json", [{"id": 0, "s": 0, "a": 0, "b": 0}])
                self.run_project("--full-refresh")
                begin = 0
                for end in cuts:
                    self.put(f"{end}.json", changes[begin:end])
                    self.run_project()
                    begin = end
                self.assertEqual([row for row in self.table() if row["id"] > 0], [{k: row[k] for k in ("a", "b", "id", "s")} for row in expected], cuts)
        # Late rows change nothing, not even what is missing.
        self.put("late.json", [{"id": 2, "s": 0, "a": 99, "b": 99}])
        self.run_project()
        self.assertEqual(self.table()[2]["b"], 6)

    def test_a_null_key_is_one_key(self):
        self.cdc()
        for i, s in enumerate((2, 3, 1)):
            self.put(f"{i}.json", [{"id": None, "s": s}, {"id": 1, "s": s}])
            self.run_project()
        self.assertEqual(self.table(), [{"id": None, "s": 3}, {"id": 1, "s": 3}])

    def test_random_changes_end_as_a_model_says(self):
        seed = int(os.environ.get("TARN_SEED", random.randrange(1 << 30)))
        dice = random.Random(seed)
        for ignore, kept in ((False, True), (True, True), (False, False), (True, True), (False, True)):
            with self.subTest(ignore=ignore, kept=kept, seed=f"TARN_SEED={seed}"):
                for old in self.data.iterdir():
                    old.unlink()
                rule = dice.random() < 0.5
                self.cdc(rules=" (CONSTRAINT c EXPECT (a IS NULL OR a < 80) ON VIOLATION DROP ROW)" if rule else "",
                         more="IGNORE NULL UPDATES" if ignore else "", columns="" if kept else "COLUMNS * EXCEPT (s)")
                sequence = dice.sample(range(1000), 60)
                model = {-1: {"id": -1, "s": 0, "a": 0, "b": 0}}
                for batch in range(4):
                    rows = [model[-1]] if batch == 0 else []
                    for _ in range(dice.randrange(1, 12)):
                        rows.append({"id": dice.choice([None, 0, 1, 2, 3]), "s": sequence.pop(), "a": dice.choice([None, dice.randrange(100)]), "b": dice.choice([None, dice.randrange(100)])})
                    self.put(f"{batch}.json", rows)
                    self.run_project(*(["--full-refresh"] if batch == 0 else []))
                    for row in sorted(rows, key=lambda row: row["s"]):
                        if rule and (row["a"] or 0) >= 80:
                            continue
                        before = model.get(row["id"])
                        if before is None or row["s"] > before["s"]:
                            keep = before if ignore and before else row
                            model[row["id"]] = {k: keep[k] if v is None else v for k, v in row.items()}
                    expected = sorted(model.values(), key=lambda row: (row["id"] is not None, row["id"]))
                    shown = lambda table: [[row[k] for k in ("id", "a", "b")] for row in table]
                    self.assertEqual(shown(self.table()), shown(expected), (batch, rows))

    # --- Materialized views

    def test_a_materialized_view_is_computed_when_something_changed(self):
        self.define(self.RAW + """CREATE VIEW v AS SELECT id * 10 AS id FROM raw;
            CREATE TEMPORARY VIEW w AS SELECT id + 1 AS id FROM v;
            CREATE MATERIALIZED VIEW m AS SELECT sum(id) AS n FROM w;
            CREATE MATERIALIZED VIEW f AS SELECT count(*) AS n FROM read_files('DATA/*.json', format => 'json');""")
        self.put("a.json", [{"id": 1}])
        self.run_project()
        self.assertEqual(self.table("m"), [{"n": 11}])
        version = lambda name: max(row["version"] for row in self.rows(f"DESCRIBE HISTORY main.default.{name}"))
        self.run_project()
        self.assertEqual(version("m"), 0)
        self.put("b.json", [{"id": 2}])
        self.run_project()
        self.assertEqual((self.table("m"), self.table("f"), version("m")), ([{"n": 32}], [{"n": 2}], 1))
        text = (self.project / "pipelines" / "all.sql").read_text()
        self.write_pipeline(text.replace("id * 10", "id * 100").replace("id + 1", "id + 2"))
        self.run_project()
        self.assertEqual((self.table("m"), version("m")), ([{"n": 304}], 2))
        self.define(self.RAW + "CREATE MATERIALIZED VIEW m AS SELECT sum(id) AS n FROM raw;")
        self.run_project()
        self.assertIn(NOTHING, self.run_project().stdout)


if __name__ == "__main__":
    unittest.main()
