"""History and maintenance: the same statements by Tarn and by Spark leave the same history and the same rows."""
import json

from harness import Tarn, equal, same_everywhere, spark

# Spark counts the source's rows and its own phases; the times of two engines are not compared.
NOT_COMPARED = {"numSourceRows", "materializeSourceTimeMs", "executionTimeMs", "scanTimeMs", "rewriteTimeMs"}
# What depends on how many files a writer makes, and on their encoding.
LAYOUT = ("File", "Bytes", "Size", "DeletionVectors")


class Twins:
    """One table made by Tarn, one by Spark; both go through the same statements."""

    def __init__(self, home, table):
        self.tarn = Tarn(home / "root")
        self.ours, self.theirs = home / f"{table}_tarn", home / f"{table}_spark"

    def both(self, statement):
        rows = self.tarn.sql(statement.format(t=f"delta.`{self.ours}`"))
        frame = spark().sql(statement.format(t=f"delta.`{self.theirs}`"))
        return rows, [r.asDict(recursive=True) for r in frame.collect()]

    def agree(self, delta_rs=False):
        count = same_everywhere(self.tarn, f"delta.`{self.ours}`", self.ours, delta_rs)
        equal(count, same_everywhere(self.tarn, f"delta.`{self.theirs}`", self.theirs, delta_rs), "rows of the twins")
        return count


def commits(path):
    infos = []
    for file in sorted((path / "_delta_log").glob("*.json")):
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        infos += [a["commitInfo"] for a in actions if "commitInfo" in a]
    return infos


class HistoryLikeSpark:
    def __init__(self, home):
        self.twins = Twins(home, "history")

    def case_same_operations(self):
        both = self.twins.both
        both("CREATE TABLE {t} (id BIGINT, v STRING, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
        both("INSERT INTO {t} SELECT id, CONCAT('v', id), CAST(id % 3 AS INT) FROM RANGE(100)")
        both("DELETE FROM {t} WHERE id > 95 AND v LIKE 'v%'")
        both("DELETE FROM {t} WHERE p = 2")
        both("UPDATE {t} SET v = 'u' WHERE id = 3")
        both("""MERGE INTO {t} AS t USING (SELECT id, 'm' AS v, 0 AS p FROM RANGE(5, 200, 10)) AS s ON t.id = s.id
            WHEN MATCHED AND t.v = 'v15' THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED AND s.id > 150 THEN INSERT *""")
        both("INSERT OVERWRITE {t} SELECT id, 'o', 1 FROM RANGE(5)")
        both("INSERT INTO {t} REPLACE WHERE p = 1 SELECT id, 'r', 1 FROM RANGE(3)")
        both("ALTER TABLE {t} SET TBLPROPERTIES ('a' = 'b')")
        both("ALTER TABLE {t} ADD COLUMNS (w DOUBLE COMMENT 'c')")
        both("DELETE FROM {t}")
        return f"{self.twins.agree()} rows"

    def case_same_history(self):
        ours, theirs = commits(self.twins.ours), commits(self.twins.theirs)
        equal([c["operation"] for c in ours], [c["operation"] for c in theirs])
        for our, their in zip(ours, theirs):
            what = f"version {their.get('readVersion', -1) + 1}, {their['operation']}"
            names = lambda c, key: {k for k, v in c.get(key, {}).items() if v is not None} - NOT_COMPARED
            equal(names(our, "operationParameters"), names(their, "operationParameters"), what + ": parameters")
            equal(names(our, "operationMetrics"), names(their, "operationMetrics"), what + ": metrics")
            for name, value in their.get("operationMetrics", {}).items():
                if name not in NOT_COMPARED and not any(word in name for word in LAYOUT):
                    equal(our["operationMetrics"][name], value, f"{what}: {name}")
            for name in ("isBlindAppend", "readVersion"):
                equal(our.get(name), their.get(name), f"{what}: {name}")
        return f"{len(theirs)} commits"

    def case_same_columns(self):
        for statement in ("DESCRIBE HISTORY {t}", "DESCRIBE DETAIL {t}"):
            rows, frame = self.twins.both(statement)
            equal(list(rows[0]), list(frame[0]), statement)
        for row, expected in ((rows[0], frame[0]),):
            for name in ("format", "partitionColumns", "clusteringColumns", "numFiles", "sizeInBytes", "properties",
                         "minReaderVersion", "minWriterVersion", "tableFeatures"):
                equal(row[name], expected[name], name)

    def case_spark_shows_our_history(self):
        rows = spark().sql(f"DESCRIBE HISTORY delta.`{self.twins.ours}`").collect()
        equal([r.operation for r in rows], [c["operation"] for c in reversed(commits(self.twins.ours))])
        equal(rows[-4].operationMetrics["numDeletedRows"], commits(self.twins.ours)[3]["operationMetrics"]["numDeletedRows"])


GROUPS = [HistoryLikeSpark]
