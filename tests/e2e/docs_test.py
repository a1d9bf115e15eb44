"""The pages of docs/ that say so: their blocks of SQL run one after the other, in a fresh root, without an error."""
import pathlib
import re
import unittest

from support import TarnTest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class Docs(TarnTest):
    def run_page(self, name):
        blocks = re.findall(r"^```sql\n(.*?)^```$", (DOCS / name).read_text(), re.S | re.M)
        self.assertGreater(len(blocks), 3, name)
        for block in blocks:
            done = self.call("sql", "--root", self.root, "-c", block, check=False)
            self.assertEqual(done.returncode, 0, f"{name}:\n{block}\n{done.stderr}")

    def test_tables(self):
        self.run_page("tables.md")

    def test_forecast(self):
        self.run_page("forecast.md")


if __name__ == "__main__":
    unittest.main()
