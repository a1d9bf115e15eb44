"""What the end-to-end tests share: running the binary in a scratch folder."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = SOURCE.parent / "shared"
TARN = os.environ.get("TARN", str(SOURCE / "build" / "tarn"))
PATIENCE = float(os.environ.get("TARN_PATIENCE", "1"))  # How much slower than the real one the program may be.
GENERATE = os.environ.get("TARN_GENERATE", str(SOURCE / "build" / "patreon-generate"))
EXAMPLE = SOURCE / "examples" / "patreon"
EXPORTS = ("users", "posts", "posts_comments", "votes")


class TarnTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-e2e-"))
        self.root = self.folder / "root"
        self.data = self.folder / "data"
        self.data.mkdir()

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, *arguments, check=True, stdin=None, **options):
        done = subprocess.run([TARN, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=240, **options)
        if check and done.returncode != 0:
            self.fail(f"tarn {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def make_project(self):
        """An empty pipeline project, self.project; write_pipeline fills it."""
        self.project = self.folder / "project"
        (self.project / "pipelines").mkdir(parents=True)
        (self.project / "spark-pipeline.yml").write_text("name: test\nlibraries:\n  - glob:\n      include: pipelines/**\n")

    def write_pipeline(self, text):
        (self.project / "pipelines" / "all.sql").write_text(text)

    def run_project(self, *more, check=True):
        return self.call("run", self.project, "--root", self.root, *more, check=check)

    def run_example(self, *more, check=True):
        return self.call("run", EXAMPLE, "--var", f"source={self.data}", "--root", self.root, *more, check=check)

    def rows(self, query):
        out = self.call("sql", "--root", self.root, "--format", "jsonl", "-c", query).stdout
        return [json.loads(line) for line in out.splitlines()]

    def value(self, query):
        rows = self.rows(query)
        self.assertEqual(len(rows), 1, rows)
        return next(iter(rows[0].values()))

    def count(self, table):
        return self.value(f"SELECT count(*) FROM main.patreon.{table}")

    def generate(self, size="tiny"):
        subprocess.run([GENERATE, "--size", size, "--out", str(self.data), "--increment"], check=True, capture_output=True)

    def copy_shared(self):
        source = SHARED / "data" / "patreon"
        if not source.exists():
            self.skipTest("needs ../shared/data/patreon")
        for name in EXPORTS:
            shutil.copy(source / f"{name}.json", self.data)
        (self.data / "increment").mkdir()
        for name in EXPORTS:
            shutil.copy(source / "increment" / f"{name}.json", self.data / "increment")

    def add_increment(self, stamp="2024-02-01_12:00:00"):
        for name in EXPORTS:
            shutil.copy(self.data / "increment" / f"{name}.json", self.data / f"{name}-{stamp}.json")
