"""Streams of CSV files: what earlier files made of a column stays, and nothing is changed to fit it."""
import json
import unittest

from support import TarnTest


class CsvStream(TarnTest):
    def setUp(self):
        super().setUp()
        self.make_project()
        self.define()

    def define(self, options="", columns="*"):
        self.write_pipeline(
            f"CREATE OR REFRESH STREAMING TABLE raw AS SELECT {columns} FROM STREAM read_files('{self.data}/*.csv', format => 'csv'{options});")

    def update(self, name, *lines, check=True):
        (self.data / f"{name}.csv").write_text("\n".join(lines) + "\n")
        return self.run_project(check=check)

    def table(self):
        return self.rows("SELECT * FROM main.default.raw ORDER BY id")

    def types(self):
        return {row["col_name"]: row["data_type"] for row in self.rows("DESCRIBE main.default.raw")}

    def rescued(self, row, name="_rescued_data"):
        text = row.pop(name)
        return text if text is None else json.loads(text)

    def test_a_value_that_does_not_fit_is_rescued(self):
        self.update("a", "id,z", "1,2")
        for name, first in (("b", 3), ("c", 6)):
            self.update(name, "id,z", f"{first},1.5", f"{first + 1},2.5", f"{first + 2},7")
        rows = self.table()
        self.assertEqual([self.rescued(row) and {"z": "2.5" if row["id"] in (4, 7) else "1.5"} for row in rows],
                         [None, {"z": "1.5"}, {"z": "2.5"}, None, {"z": "1.5"}, {"z": "2.5"}, None])
        self.assertEqual([row["z"] for row in rows], [2, None, None, 7, None, None, 7])
        row = self.rows("SELECT _rescued_data FROM main.default.raw WHERE id = 4")[0]
        self.assertEqual(self.rescued(row), {"z": "2.5", "_file_path": str(self.data / "b.csv")})

    def test_texts_stay_as_they_are(self):
        self.update("a", "id,z,d", "1,A1,n/a")
        self.update("b", "id,z,d", "6,1.50,2024-01-02T03:04:05Z", "7,007,")
        self.update("c", "id,z,d", "8,true,1e3")
        self.assertEqual([(row["z"], row["d"], row["_rescued_data"]) for row in self.table()],
                         [("A1", "n/a", None), ("1.50", "2024-01-02T03:04:05Z", None), ("007", None, None), ("true", "1e3", None)])

    def test_every_type(self):
        head = "id,flag,n,x,day,at,zoned"
        self.update("a", head, "1,true,5,0.5,2024-01-02,2024-01-02 03:04:05,2024-01-02T03:04:05Z")
        types = self.types()
        fits = ["2,FALSE,+6,7,2024-02-29,2024-01-02T03:04:05.678901,2024-01-02 03:04:05+01:00", "3,,,,,,", "4,,7,1e3,,2024-03-01,"]
        misfits = ["5,1,1_000,1_0,2024-01-02 03:04:05,2024-01-02T03:04:05Z,today", '6,no,99999999999999999999,"x ""y""",2023-02-29,03:04,12']
        self.update("b", head, *fits, *misfits)
        self.assertEqual(self.types(), types)
        rows = self.table()
        lost = [self.rescued(row) for row in rows]
        self.assertEqual(lost[:4], [None] * 4)
        self.assertEqual([(row["flag"], row["n"], row["x"], row["day"]) for row in rows[1:4]],
                         [(False, 6, 7, "2024-02-29"), (None, None, None, None), (None, 7, 1000, None)])
        self.assertEqual(self.rows("SELECT at = TIMESTAMP_NTZ'2024-01-02 03:04:05.678901' AS at, zoned = TIMESTAMP'2024-01-02 02:04:05Z' AS zoned "
                                   "FROM main.default.raw WHERE id = 2"), [{"at": True, "zoned": True}])
        for row, fields, line in zip(rows[4:], lost[4:], (["1", "1_000", "1_0", "2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "today"],
                                                          ["no", "9" * 20, 'x "y"', "2023-02-29", "03:04", "12"])):
            self.assertEqual(fields, dict(zip(head.split(",")[1:], line)) | {"_file_path": str(self.data / "b.csv")})
            self.assertEqual(row, {"id": row["id"]} | dict.fromkeys(head.split(",")[1:]))

    def test_new_columns_are_inferred(self):
        self.update("a", "id,z", "1,2")
        done = self.update("b", "id,Z,more", "2,x,1.5", "3,4,2")
        self.assertIn("raw.more", done.stdout)
        rows = self.table()
        self.assertEqual([self.rescued(row) and True for row in rows], [None, True, None])
        self.assertEqual(rows, [{"id": 1, "z": 2, "more": None}, {"id": 2, "z": None, "more": 1.5}, {"id": 3, "z": 4, "more": 2}])
        # A column that was new is known from then on, and one that a file lacks is not forgotten.
        self.update("c", "id,more", "4,much")
        self.update("d", "id,z", "5,0.5")
        self.assertEqual([(row["z"], row["more"]) for row in self.table()[3:]], [(None, None), (None, None)])

    def test_files_without_rescued_data_or_header(self):
        self.define(", header => false, rescuedDataColumn => ''", "column0 AS id, column1 AS z")
        self.update("a", "1,2")
        self.update("b", "2,1.5", "3,4")
        self.assertEqual(self.table(), [{"id": 1, "z": 2}, {"id": 2, "z": None}, {"id": 3, "z": 4}])

    def test_options_win_over_what_is_known(self):
        self.define(", schemaHints => 'z DECIMAL(10,2)'")
        self.update("a", "id,z", "1,2")
        self.update("b", "id,z", "2,1.50")
        self.define(", inferSchema => false, rescuedDataColumn => 'bad'", "id, z, bad")
        self.update("c", "id,z", "3,0.255", "x,0.25")
        self.assertEqual([(row["id"], float(row["z"]) if row["z"] else None) for row in self.table()], [(None, 0.25), (1, 2), (2, 1.5), (3, None)])


if __name__ == "__main__":
    unittest.main()
