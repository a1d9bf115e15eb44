"""Streams over files whose fields change: new columns, also within arrays, late keys that come twice, late bad input."""
import json
import unittest

from support import TarnTest

PIPELINE = """
CREATE OR REFRESH STREAMING TABLE raw AS SELECT * EXCEPT (_rescued_data) FROM STREAM read_files('{data}/*.json', format => 'mongo');
CREATE OR REFRESH STREAMING TABLE bronze;
CREATE FLOW bronze_flow AS AUTO CDC INTO bronze FROM STREAM(raw) KEYS (id) SEQUENCE BY changed STORED AS SCD TYPE 1;
"""


class Evolution(TarnTest):
    def setUp(self):
        super().setUp()
        self.make_project()
        self.write_pipeline(PIPELINE.format(data=self.data))

    def update(self, name, documents, check=True):
        text = documents if isinstance(documents, str) else "\n".join(map(json.dumps, documents))
        (self.data / f"{name}.json").write_text(text)
        return self.run_project(check=check)

    def table(self, name="bronze"):
        return self.rows(f"SELECT * FROM main.default.{name} ORDER BY id, changed")

    def test_new_fields_at_every_level(self):
        self.update("a", [{"id": 1, "changed": 1, "votes": [{"index": 0}]}])
        self.update("b", [{"id": 2, "changed": 1, "votes": [{"index": 1}]}])
        done = self.update("c", [{"id": 1, "changed": 2, "votes": [{"index": 3, "why": "new"}], "o": {"p": True}}])
        self.assertIn("bronze.o_p", done.stdout)
        self.assertEqual(self.table(), [
            {"id": 1, "changed": 2, "votes": [{"index": 3, "why": "new"}], "o_p": True},
            {"id": 2, "changed": 1, "votes": [{"index": 1, "why": None}], "o_p": None}])
        self.assertEqual(len(self.table("raw")), 3)
        self.update("d", [{"id": 3, "changed": 3, "votes": []}])
        self.assertEqual(self.table()[2], {"id": 3, "changed": 3, "votes": [], "o_p": None})

    def test_new_fields_that_are_not_wanted(self):
        for mode, extra in (("rescue", {"more": 1}), ("none", None)):
            with self.subTest(mode):
                rescued = "_rescued_data, " if extra else ""
                self.write_pipeline(
                    f"CREATE OR REFRESH STREAMING TABLE {mode} AS SELECT {rescued}id FROM STREAM read_files('{self.data}/{mode}*.json', "
                    f"format => 'json', schemaEvolutionMode => '{mode}');")
                self.update(f"{mode}1", [{"id": 1}])
                done = self.update(f"{mode}2", [{"id": 2, "more": 1}])
                self.assertNotIn("new column", done.stdout)
                rows = self.rows(f"SELECT * FROM main.default.{mode} ORDER BY id")
                self.assertEqual([row["id"] for row in rows], [1, 2])
                if extra:
                    self.assertIsNone(rows[0]["_rescued_data"])
                    self.assertEqual(json.loads(rows[1]["_rescued_data"])["more"], 1)

    def test_keys_that_come_twice_in_the_first_load(self):
        self.update("a", [{"id": i % 500, "changed": i} for i in range(2000)])
        self.assertEqual(self.table(), [{"id": i, "changed": 1500 + i} for i in range(500)])
        self.assertEqual(self.value("SELECT count(*) FROM main.default.bronze@v0"), 500)

    def test_bad_input_after_a_good_start(self):
        self.update("a", [{"id": 1, "changed": 1}])
        bad = self.update("b", "".join(json.dumps({"id": i, "changed": i}) + "\n" for i in range(2, 5000)) + '{"id": 5000, ', check=False)
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stderr, r"\[MALFORMED_RECORD_IN_PARSING.*b\.json at byte \d+")
        self.assertEqual(self.table(), [{"id": 1, "changed": 1}])
        self.assertIn("done in", self.update("b", [{"id": 2, "changed": 1}]).stdout)
        self.assertEqual(len(self.table()), 2)

    # A plain read of such a file refuses it; read by the columns of earlier files, it is refused as well.
    def test_two_fields_that_become_one_column(self):
        self.update("a", [{"id": 1, "changed": 1, "user_id": 5}])
        for fields in ({"user_id": 6, "user": {"id": 7}}, {"user": {"id": 7}, "user_id": 6}):
            refused = self.update("b", [{"id": 2, "changed": 1} | fields], check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertRegex(refused.stderr, r"\[COLUMN_ALREADY_EXISTS\].*`user_id` and `user\.id`")
        self.assertEqual(self.table("raw"), [{"id": 1, "changed": 1, "user_id": 5}])
        self.update("b", [{"id": 2, "changed": 1, "user": {"id": 7}}])
        self.assertEqual([row["user_id"] for row in self.table("raw")], [5, 7])

    # Large enough for the first load to guess its columns from pieces; what makes the guess wrong stands between them.
    def test_a_first_load_whose_columns_are_guessed(self):
        documents = [json.dumps({"id": i, "changed": i, "text": "x" * 100, "votes": [{"index": 1}]}) for i in range(70_000)]
        kinds = self.table_types(documents)
        self.assertEqual(kinds, {"id": "bigint", "changed": "bigint", "text": "string", "votes": "array<struct<index:bigint>>"})
        for change, column, kind, value in (({"rare": True}, "rare", "boolean", True), ({"changed": 1.5}, "changed", "double", 1.5),
                                            ({"votes": [{"index": 1, "why": "new"}]}, "votes", "array<struct<index:bigint,why:string>>",
                                             [{"index": 1, "why": "new"}]), ({"text": 7}, "text", "string", "7")):
            with self.subTest(column=column):
                changed = documents.copy()
                changed[20_000] = json.dumps({"id": 20_000, "changed": 3, "text": "x", "votes": []} | change)
                self.assertEqual(self.table_types(changed), kinds | {column: kind})
                self.assertEqual(self.rows(f"SELECT {column} FROM main.default.raw WHERE id = 20000"), [{column: value}])
                self.assertEqual(self.value("SELECT count(*) FROM main.default.raw"), 70_000)
        documents[20_000] = documents[20_000][:-1]
        self.call("sql", "--root", self.root, "-c", "DROP TABLE main.default.raw")
        bad = self.update("a", "\n".join(documents), check=False)
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stderr, r"\[MALFORMED_RECORD_IN_PARSING.*a\.json at byte \d+")

    def table_types(self, lines):
        """Of raw, made anew from one file of these lines."""
        (self.data / "a.json").write_text("\n".join(lines))
        self.call("run", self.project, "--root", self.root, "--full-refresh")
        self.assertGreater((self.data / "a.json").stat().st_size, 8 << 20)
        return {row["col_name"]: row["data_type"] for row in self.rows("DESCRIBE main.default.raw")}


if __name__ == "__main__":
    unittest.main()
