"""Statements that change rows, where others judge more than the rows: what COPY INTO remembers, and what the history says."""
import datetime
import decimal
import json
import re
import threading

import pyarrow as pa
import pyarrow.parquet as pq

from harness import Tarn, equal, same_everywhere, spark
from maintenance_cases import Twins, same_history
from table_cases import run_together


class CopyInto:
    """Files that were loaded are known by the table's own log."""

    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def copy(self, table, source, rest="FILEFORMAT = JSON", tarn=None):
        (row,) = (tarn or self.tarn).sql(f"COPY INTO {table} FROM '{source}' {rest}")
        return row["num_inserted_rows"]

    def folder(self, name, files, rows=10):
        folder = self.home / name
        folder.mkdir()
        for n in range(files):
            (folder / f"{n}.json").write_text("".join(json.dumps({"id": n * rows + i, "file": n}) + "\n" for i in range(rows)))
        return folder

    def case_every_format_as_spark_reads_it(self):
        table = pa.table({"id": [1, 2, 3], "name": ["a", None, "c"], "price": pa.array([1.5, 2.25, None], pa.float64()),
                          "day": pa.array([datetime.date(2024, 2, 29)] * 3), "tags": [["x"], [], None]})
        source = self.home / "formats"
        source.mkdir()
        pq.write_table(table, source / "a.parquet")
        rows = table.to_pylist()
        (source / "a.json").write_text("\n".join(json.dumps(r, default=str) for r in rows))
        # Spark's own CSV: quotes, line ends within values, what is NULL.
        texts = [(1, "plain", 1.5), (2, None, None), (3, 'say "hi", twice', -0.25), (4, "two\nlines", 4.0), (5, "", 5.0), (6, "007", 6.0)]
        spark().createDataFrame(texts, "id INT, name STRING, price DOUBLE").coalesce(1).write.csv(str(source / "csv"), header=True, escape='"')
        for table_name, columns in (("of_parquet", "id BIGINT, name STRING, price DOUBLE, day DATE, tags ARRAY<STRING>"),
                                    ("of_json", "id BIGINT, name STRING, price DOUBLE, day DATE, tags ARRAY<STRING>"),
                                    ("of_csv", "id INT, name STRING, price DOUBLE")):
            self.tarn.sql(f"CREATE TABLE {table_name} ({columns})")
        equal(self.copy("of_parquet", source, "FILEFORMAT = PARQUET PATTERN = '*.parquet'"), 3)
        equal(self.copy("of_json", source, "FILEFORMAT = JSON PATTERN = '*.json'"), 3)
        equal(self.copy("of_csv", source / "csv", "FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true', 'multiLine' = 'true')"), 6)
        same = "SELECT id, name, price, CAST(day AS STRING) AS day, tags FROM"
        equal(self.tarn.sql(f"{same} of_json ORDER BY id"), self.tarn.sql(f"{same} of_parquet ORDER BY id"))
        equal([tuple(r.values()) for r in self.tarn.sql("SELECT id, name, CAST(price AS FLOAT) AS price FROM of_csv ORDER BY id")],
              [(i, n, None if p is None else decimal.Decimal(str(p))) for i, n, p in texts], "the CSV file")
        for table_name in ("of_parquet", "of_json", "of_csv"):
            same_everywhere(self.tarn, table_name, self.tarn.table_path("default", table_name))

    def case_memory_survives_spark_checkpoints_and_log_cleanup(self):
        source = self.folder("kept", 5)
        path = self.home / "tables" / "kept"
        self.tarn.sql(f"CREATE TABLE kept (id BIGINT, file BIGINT) LOCATION '{path}' TBLPROPERTIES ('delta.checkpointInterval' = '3')")
        equal(self.copy("kept", source, "FILEFORMAT = JSON PATTERN = '[0-3].json'"), 40)
        for n in range(8):
            spark().sql(f"INSERT INTO delta.`{path}` VALUES ({1000 + n}, -1)")
        log = path / "_delta_log"
        checkpoints = sorted(log.glob("*.checkpoint*.parquet"))
        assert checkpoints, "Spark wrote no checkpoint"
        newest = max(int(f.name[:20]) for f in checkpoints)
        for commit in log.glob("*.json"):
            if re.fullmatch(r"\d{20}\.json", commit.name) and int(commit.name[:20]) < newest:
                commit.unlink()
        fresh = Tarn(self.home / "elsewhere")
        table = f"delta.`{path}`"
        equal(self.copy(table, source, "FILEFORMAT = JSON PATTERN = '[0-3].json'", fresh), 0)
        equal(self.copy(table, source, tarn=fresh), 10)
        equal(self.copy(table, source, tarn=fresh), 0)
        equal(spark().sql(f"SELECT COUNT(*), COUNT(DISTINCT id) FROM {table}").collect()[0][:], (58, 58))
        return f"{same_everywhere(fresh, table, path)} rows, checkpoint {newest}"

    def case_of_many_at_once_each_file_is_loaded_by_one(self):
        source = self.folder("raced", 12)
        path = self.home / "tables" / "raced"
        self.tarn.sql(f"CREATE TABLE raced (id BIGINT, file BIGINT) LOCATION '{path}'")
        told = []
        # Other processes, with folders of their own: nothing is shared but the table.
        patterns = ["*.json", "[0-4].json", "1*.json", "*.json", "[3-9].json", "*.json"]
        threads = [threading.Thread(target=lambda p=p, n=n: told.append(self.copy(f"delta.`{path}`", source, f"FILEFORMAT = JSON PATTERN = '{p}'",
                                                                                  Tarn(self.home / f"racer{n}"))))
                   for n, p in enumerate(patterns)]
        run_together(threads)
        equal(len(told), len(patterns), "every one ended well")
        equal(sum(told), 120, "rows that they say they inserted")
        same_everywhere(self.tarn, "raced", path)
        equal(self.tarn.sql("SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM raced"), [{"n": 120, "d": 120}])
        return f"{sorted(told, reverse=True)} of 120 rows"


class ResultsAndMetrics:
    """The same statements by Tarn and by Spark: what they answer, what the history says of them, and the rows."""

    MERGE = """MERGE INTO {t} AS t USING (SELECT CAST(id AS INT) AS id, 'm' AS v, CAST(id % 4 AS INT) AS p FROM RANGE(40, 140, 3)) AS s ON t.id = s.id
        WHEN MATCHED AND t.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v
        WHEN NOT MATCHED AND s.id > 120 THEN INSERT (id, v, p) VALUES (s.id, s.v, s.p)
        WHEN NOT MATCHED BY SOURCE AND t.id < 5 THEN DELETE WHEN NOT MATCHED BY SOURCE AND t.id < 9 THEN UPDATE SET v = 'gone'"""

    def __init__(self, home):
        self.home = home

    def run(self, name, properties, partitioned=True):
        twins = Twins(self.home, name)
        twins.tarn = Tarn(self.home / "root")
        told = {}

        def both(statement):
            """Spark answers with num_affected_rows and so on as Databricks does."""
            ours, theirs = twins.both(statement)
            if theirs and "num_affected_rows" in theirs[0]:
                equal({k: ours[0].get(k) for k in theirs[0]}, theirs[0], statement)
                told[statement.split()[0]] = ours[0]
        settings = "" if not properties else f" TBLPROPERTIES ({properties})"
        both("CREATE TABLE {t} (id INT, v STRING, p INT) USING delta" + (" PARTITIONED BY (p)" if partitioned else "") + settings)
        both("INSERT INTO {t} SELECT CAST(id AS INT), CONCAT('v', id), CAST(id % 4 AS INT) FROM RANGE(100)")
        both("UPDATE {t} SET v = upper(v), p = p WHERE id % 10 = 3")
        both("UPDATE {t} SET v = 'nobody' WHERE id = -1")
        both(self.MERGE)
        # Matched rows alone: conditions on the source must not thin it out before it is counted.
        both("MERGE INTO {t} AS t USING (SELECT CAST(id AS INT) AS id FROM RANGE(55, 75)) AS s ON t.id = s.id AND s.id < 58 WHEN MATCHED AND s.id > 55 THEN UPDATE SET v = 'w'")
        both("MERGE INTO {t} AS t USING (SELECT 50 AS id) AS s ON t.id = s.id WHEN MATCHED THEN DELETE")
        both("DELETE FROM {t} WHERE id > 110 AND v = 'm'")
        both("DELETE FROM {t} WHERE id = -1")
        both("INSERT INTO {t} REPLACE WHERE id BETWEEN 60 AND 70 SELECT CAST(id AS INT), 'r', 1 FROM RANGE(60, 66)")
        if partitioned:
            both("INSERT OVERWRITE {t} PARTITION (p = 2) SELECT CAST(id AS INT), 'o' FROM RANGE(5)")
            both("INSERT INTO {t} PARTITION (p = 3) (v, id) SELECT 'x', 7")
            both("DELETE FROM {t} WHERE p = 1")
        both("INSERT INTO {t} BY NAME SELECT 'n' AS v, 1000 AS id")
        both("INSERT OVERWRITE {t} SELECT id, v, p FROM {t} WHERE id < 50")
        both("UPDATE {t} SET v = NULL")
        both("DELETE FROM {t}")
        note = same_history(twins)
        return f"{twins.agree()} rows, {note}, answers of {', '.join(told)}"

    def case_deletion_vectors(self):
        return self.run("vectors", "'delta.enableDeletionVectors' = 'true'")

    def case_rewritten_files(self):
        return self.run("rewritten", "'delta.enableDeletionVectors' = 'false'", partitioned=False)

    def case_change_feed(self):
        return self.run("feed", "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true'", partitioned=False)


GROUPS = [CopyInto, ResultsAndMetrics]
