"""Bad exports: a clear error that names file and byte offset, and no table changes."""
import json
import unittest

from support import TarnTest

USER = '{"_id":{"$oid":"4c755c899ace9ffe23ef498b"},"created_at":{"$date":"2010-08-25T18:10:17Z"},"patreon_status":{"is_patron":true}}'


class BadInput(TarnTest):
    def setUp(self):
        super().setUp()
        self.generate()
        self.run_example()
        self.before = self.state()

    def state(self):
        logs = sorted(str(path) for path in (self.root / "warehouse").glob("**/_delta_log/*"))
        return [self.count(table) for table in ("users_raw", "users_bronze", "votes_bronze")], logs

    def refused(self, content, *expected):
        path = self.data / "users-2024-05-01_00:00:00.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = self.run_example(check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        for text in (path.name, *expected):
            self.assertIn(text, done.stderr)
        self.assertRegex(done.stderr, r"\[[A-Z_.]+\]")
        self.assertEqual(self.state(), self.before)
        path.unlink()
        # The next good export is taken in as if nothing had happened.
        self.assertIn("nothing to do", self.run_example().stdout)

    def test_truncated(self):
        self.refused("[" + USER + ",\n" + USER[:60], "byte")

    def test_not_json(self):
        self.refused("id,country\n1,DE\n", "byte 0")

    def test_wrong_encoding(self):
        self.refused(b"[" + USER.replace("4c75", "\u00e4").encode("latin-1") + b"]", "byte")
        self.refused(("[" + USER + "]").encode("utf-16"), "UTF-16")

    def test_scalar_where_an_object_was(self):
        self.refused("[" + USER + ",\n" + USER.replace('{"is_patron":true}', "5") + "]", "byte")

    def test_duplicate_keys(self):
        self.refused('[{"_id":{"$oid":"4c755c899ace9ffe23ef498b"},"country":"DE","country":"FR"}]', "country", "byte")

    def test_string_of_hundreds_of_megabytes(self):
        self.refused('[{"_id":{"$oid":"4c755c899ace9ffe23ef498b"},"country":"' + "x" * 300_000_000 + '"}]', "byte")

    def test_nesting(self):
        self.refused('[{"_id":' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}]", "byte")
        self.refused("[" * 10_000, "byte")

    def test_empty_file(self):
        self.refused("", "byte 0")


class NothingToStartWith(TarnTest):
    def test_missing_folder(self):
        self.data = self.folder / "nowhere"
        done = self.run_example(check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("[PATH_NOT_FOUND]", done.stderr)
        self.assertIn("nowhere", done.stderr)

    def test_empty_array(self):
        for name in ("users", "posts", "posts_comments", "votes"):
            (self.data / f"{name}.json").write_text("[]")
        done = self.run_example(check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("[UNABLE_TO_INFER_SCHEMA]", done.stderr)
        self.assertIn("byte 0", done.stderr)


class RescuedData(TarnTest):
    def test_values_that_do_not_fit_are_kept(self):
        (self.data / "a.json").write_text('{"id": 1, "at": {"$date": "not a date"}}\n{"id": 2, "at": {"$date": "2024-01-02T03:04:05Z"}}\n')
        rows = self.rows(f"SELECT * FROM read_files('{self.data}/a.json', format => 'mongo') ORDER BY id")
        self.assertIsNone(rows[0]["at_date"])
        rescued = json.loads(rows[0]["_rescued_data"])
        self.assertIn("not a date", json.dumps(rescued))
        self.assertTrue(rescued["_file_path"].endswith("a.json"))
        self.assertIsNone(rows[1]["_rescued_data"])


if __name__ == "__main__":
    unittest.main()
