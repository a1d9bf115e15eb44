"""Secrets from outside: `tarn secret`, secret() in SQL, and that no value is ever seen."""
import os
import pty
import unittest

from support import TARN, TarnTest

VALUE = 'sk-the "value"\\nobody sees'
FORMS = [VALUE, VALUE.replace("\\", "\\\\").replace('"', '\\"'), VALUE.encode().hex()]


class Secrets(TarnTest):
    def secret(self, *arguments, **options):
        return self.call("secret", *arguments, "--root", self.root, **options)

    def put(self):
        self.secret("create-scope", "openai")
        self.secret("put", "openai", "key", stdin=VALUE + "\n")

    def sql(self, text, *more, **options):
        done = self.call("sql", "--root", self.root, *more, "-c", text, **options)
        self.unseen(done.stdout, done.stderr)
        return done

    def unseen(self, *texts):
        for text in texts:
            for form in FORMS:
                self.assertNotIn(form, text)

    def bytes_of_root(self):
        return b"".join(path.read_bytes() for path in self.root.rglob("*") if path.is_file())

    def test_values_are_redacted_in_every_format(self):
        self.put()
        for form in ("table", "tsv", "csv", "jsonl"):
            done = self.sql("SELECT secret('openai', 'key') AS a, concat('Bearer ', secret('openai', 'key')) AS b, array(secret('openai', 'key')) AS c, "
                            "hex(secret('openai', 'key')) AS d, to_json(named_struct('k', secret('openai', 'key'))) AS e", "--format", form)
            self.assertEqual(done.stdout.count("[REDACTED]"), 5, done.stdout)
            self.assertIn("Bearer [REDACTED]", done.stdout)
        # The value itself is there for SQL to work with.
        self.assertEqual(self.value("SELECT length(secret('openai', 'key'))"), len(VALUE))

    def test_errors_plans_and_history_do_not_show_it(self):
        self.put()
        failed = self.sql("SELECT CAST(secret('openai', 'key') AS INT)", check=False)
        self.assertIn("[CAST_INVALID_INPUT]", failed.stderr)
        self.assertIn("[REDACTED]", failed.stderr)
        self.sql("SELECT raise_error(concat('no ', secret('openai', 'key')))", check=False)
        for explain in ("EXPLAIN", "EXPLAIN EXTENDED"):
            self.assertIn("tarn_secret(", self.sql(f"{explain} SELECT 1 WHERE secret('openai', 'key') = 'x'").stdout)
        self.sql("CREATE TABLE t (id INT, token STRING); INSERT INTO t VALUES (1, 'a'); UPDATE t SET id = 2 WHERE token <> secret('openai', 'key');"
                 "CREATE VIEW v AS SELECT id FROM t WHERE token <> secret('openai', 'key'); SELECT * FROM v; DESCRIBE HISTORY t; SHOW CREATE TABLE v")
        self.assertNotIn(VALUE.encode(), self.bytes_of_root())

    def test_numbers_stay_json(self):
        self.secret("create-scope", "s")
        self.secret("put", "s", "pin", "--string-value", "4711")
        done = self.call("sql", "--root", self.root, "--format", "jsonl", "-c", "SELECT CAST(secret('s', 'pin') AS INT) AS n, 1 AS one")
        self.assertEqual(done.stdout, '{"n":"[REDACTED]","one":1}\n')

    def test_lookups_that_fail(self):
        self.assertIn("INVALID_SECRET_LOOKUP.SECRET_FUNCTION_LOOKUP_FAILED", self.sql("SELECT secret('a', 'b')", check=False).stderr)
        self.assertIsNone(self.value("SELECT try_secret('a', 'b')"))
        self.put()
        self.assertEqual(self.rows("SELECT * FROM list_secrets()"), [{"scope": "openai", "key": "key"}])
        self.assertIn("SECRET_FUNCTION_KEY_NOT_CONSTANT", self.sql("SELECT secret('openai', CAST(id AS STRING)) FROM range(2)", check=False).stderr)

    def test_the_commands(self):
        self.put()
        self.assertEqual(self.secret("list-scopes").stdout, "openai\n")
        listed = self.secret("list", "openai").stdout
        self.assertIn("key", listed)
        self.unseen(listed)
        self.assertIn("[RESOURCE_ALREADY_EXISTS]", self.secret("create-scope", "openai", check=False).stderr)
        missing = self.secret("put", "nowhere", "key", stdin="x", check=False)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("tarn secret create-scope nowhere", missing.stderr)
        self.secret("delete", "openai", "key")
        self.assertIsNone(self.value("SELECT try_secret('openai', 'key')"))
        self.secret("delete-scope", "openai")
        self.assertEqual(self.secret("list-scopes").stdout, "")

    def test_a_wrong_key_is_said_so(self):
        self.put()
        done = self.sql("SELECT secret('openai', 'key')", check=False, env={**os.environ, "TARN_SECRET_KEY": "00" * 32})
        self.assertIn("sealed with another key than the one in TARN_SECRET_KEY", done.stderr)
        self.assertEqual(self.value("SELECT length(secret('openai', 'key'))"), len(VALUE))

    def test_what_is_typed_does_not_show(self):
        self.secret("create-scope", "openai")
        child, terminal = pty.fork()
        if child == 0:
            os.execv(TARN, [TARN, "secret", "put", "openai", "key", "--root", str(self.root)])
        seen = b""
        while b": " not in seen:
            seen += os.read(terminal, 1024)
        os.write(terminal, VALUE.encode() + b"\n")
        try:
            while chunk := os.read(terminal, 1024):
                seen += chunk
        except OSError:
            pass  # The terminal's other end is closed.
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.unseen(seen.decode())
        self.assertEqual(self.value("SELECT length(secret('openai', 'key'))"), len(VALUE))


if __name__ == "__main__":
    unittest.main()
