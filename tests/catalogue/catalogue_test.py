"""Every table of the catalogue at every version: Tarn's rows are those that Spark saw when the catalogue was made (make.py)."""
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TARN = os.environ.get("TARN", str(HERE.parents[1] / "build" / "tarn"))
MARKER = "--version--"


def versions(table):
    return sorted(int(file.stem) for file in (HERE / "expected" / table).glob("*.tsv"))


class Catalogue(unittest.TestCase):
    maxDiff = 2000

    def read(self, table):
        """The sorted rows at each version, from one process."""
        path = HERE / "tables" / table
        statements = ";\n".join(f"SELECT * FROM delta.`{path}` VERSION AS OF {v}" for v in versions(table))
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([TARN, "sql", "--root", root, "--format", "tsv", "--keep-going", "--echo-marker", MARKER, "-c", statements],
                                  capture_output=True, text=True, timeout=120)
        return [sorted(block.splitlines(keepends=True)) for block in done.stdout.split(MARKER + "\n")[1:]]

    def test_there_are_tables(self):
        names = {p.name for p in (HERE / "tables").iterdir()}
        self.assertGreaterEqual(len(names), 25)
        self.assertEqual(names, {p.name for p in (HERE / "expected").iterdir()})


def case(table):
    def test(self):
        for version, rows in zip(versions(table), self.read(table), strict=True):
            # A text with line breaks is several lines on both sides.
            expected = sorted((HERE / "expected" / table / f"{version}.tsv").read_text().splitlines(keepends=True))
            self.assertEqual(rows, expected, f"{table} at version {version}")
    return test


for folder in sorted((HERE / "tables").iterdir()):
    setattr(Catalogue, f"test_{folder.name}", case(folder.name))

if __name__ == "__main__":
    unittest.main()
