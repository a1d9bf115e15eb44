"""tarn sql from outside: formats, pipes, files, errors, start-up, the interactive shell."""
import json
import os
import pty
import signal
import subprocess
import time
import unittest

from support import PATIENCE, TARN, TarnTest


class Sql(TarnTest):
    def sql(self, *arguments, **options):
        return self.call("sql", "--root", self.root, *arguments, **options)

    def test_formats(self):
        query = "SELECT 1 AS id, 'a \"b\", c' AS text, CAST(NULL AS INT) AS nothing, array('x', NULL) AS list"
        self.assertEqual(self.sql("--format", "tsv", "-c", query).stdout, '1\ta "b", c\tNULL\t["x",null]\n')
        self.assertEqual(self.sql("--format", "csv", "-c", query).stdout, 'id,text,nothing,list\n1,"a ""b"", c",,"[""x"",null]"\n')
        self.assertEqual(json.loads(self.sql("--format", "jsonl", "-c", query).stdout),
                         {"id": 1, "text": 'a "b", c', "nothing": None, "list": ["x", None]})
        table = self.sql("-c", query).stdout.splitlines()
        self.assertIn("id", table[0])
        self.assertEqual(table[3], "(1 row)")

    def test_pipe_file_and_markers(self):
        self.assertEqual(self.sql("--format", "tsv", stdin="SELECT 1; SELECT 2;").stdout, "1\n2\n")
        script = self.folder / "script.sql"
        script.write_text("-- a comment; with a semicolon\nSELECT 'a;b';\nSELECT nothing;\nSELECT 3")
        done = self.sql("--format", "tsv", "-f", script, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, "a;b\n"))
        self.assertIn("[UNRESOLVED_COLUMN", done.stderr)
        done = self.sql("--format", "tsv", "--keep-going", "--echo-marker", "#--", "-f", script)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:3], ["#--", "a;b", "#--"])
        self.assertTrue(lines[3].startswith("ERROR [UNRESOLVED_COLUMN"), lines)
        self.assertEqual(lines[4:], ["#--", "3"])

    def test_parameters_are_values(self):
        self.assertEqual(self.sql("--format", "tsv", "--param", "x=1' OR '1'='1", "-c", "SELECT :x").stdout, "1' OR '1'='1\n")

    def test_errors_have_a_place(self):
        done = self.sql("-c", "SELECT 1;\nSELECT FROM WHERE", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("[PARSE_SYNTAX_ERROR]", done.stderr)
        self.assertIn("line 2", done.stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        for format in ("table", "tsv", "csv", "jsonl"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([TARN, "sql", "--root", self.root, "--format", format, "-c", "SELECT 1"], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1, format)
            self.assertIn("not all of the output could be written", done.stderr)

    def test_a_folder_is_no_script(self):
        done = self.sql("-f", self.folder, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("it is a folder", done.stderr)

    def test_starts_fast(self):
        self.sql("-c", "SELECT 1")
        best = min(self.timed() for _ in range(7))
        # 50 ms on an idle machine (bench/README.md); tests share theirs with others.
        self.assertLess(best, 0.25 * PATIENCE)

    def timed(self):
        start = time.monotonic()
        self.sql("-c", "SELECT 1")
        return time.monotonic() - start

    def test_interactive(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(HOME=str(self.folder), TERM="xterm")
            os.execv(TARN, [TARN, "sql", "--root", str(self.root), "--format", "tsv"])
        seen = b""

        def until(text):
            nonlocal seen
            deadline = time.monotonic() + 20
            while text not in seen:
                self.assertLess(time.monotonic(), deadline, seen)
                seen += os.read(terminal, 4096)
            seen = seen.split(text, 1)[1]

        until(b"default>")
        os.write(terminal, b"SELECT 40 +\n")
        os.write(terminal, b"2 AS answer;\n")
        until(b"42")
        os.write(terminal, b"SELECT nothing;\n")
        until(b"UNRESOLVED_COLUMN")
        # Ctrl-C ends the statement, and only that.
        os.write(terminal, b"SELECT count(*) FROM range(3000000) a JOIN range(3000000) b ON a.id + b.id = -1;\n")
        time.sleep(0.5)
        os.kill(pid, signal.SIGINT)
        until(b"OPERATION_CANCELED")
        os.write(terminal, b"SELECT 'still ' || 'there';\n")
        until(b"still there")
        os.write(terminal, b"quit\n")
        os.waitpid(pid, 0)
        history = (self.folder / ".tarn_history").read_text()
        self.assertIn("40", history)
        self.assertEqual((self.folder / ".tarn_history").stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
