"""History and maintenance: the same statements by Tarn and by Spark leave the same history and the same rows."""
import json

from harness import Tarn, equal, same_everywhere, same_rows, spark, spark_rows

# The times of two engines are not compared.
NOT_COMPARED = {"materializeSourceTimeMs", "executionTimeMs", "scanTimeMs", "rewriteTimeMs"}
# What depends on how many files a writer makes, and on their encoding.
LAYOUT = ("File", "Bytes", "Size", "DeletionVectors", "Copied")


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


def metric(commit, name):
    """Rows that were only copied depend on the layout, too, and count as output."""
    metrics = commit["operationMetrics"]
    copied = int(metrics.get("numCopiedRows", metrics.get("numTargetRowsCopied", 0))) if name == "numOutputRows" else 0
    return int(metrics[name]) - copied


def same_history(twins):
    ours, theirs = commits(twins.ours), commits(twins.theirs)
    equal([c["operation"] for c in ours], [c["operation"] for c in theirs])
    for our, their in zip(ours, theirs):
        what = f"version {their.get('readVersion', -1) + 1}, {their['operation']}"
        names = lambda c, key: {k for k, v in c.get(key, {}).items() if v is not None} - NOT_COMPARED
        equal(names(our, "operationParameters"), names(their, "operationParameters"), what + ": parameters")
        equal(names(our, "operationMetrics"), names(their, "operationMetrics"), what + ": metrics")
        for name in their.get("operationMetrics", {}):
            if name not in NOT_COMPARED and not any(word in name for word in LAYOUT):
                equal(metric(our, name), metric(their, name), f"{what}: {name}")
        for name in ("isBlindAppend", "readVersion"):
            equal(our.get(name), their.get(name), f"{what}: {name}")
    return f"{len(theirs)} commits"


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
        return same_history(self.twins)

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


def active_files(path):
    """The files of the newest version, by replaying the JSON log."""
    files = {}
    for commit in sorted((path / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            for kind in ("remove", "add"):
                if kind in action:
                    vector = action[kind].get("deletionVector") or {}
                    key = (action[kind]["path"], vector.get("pathOrInlineDv"), vector.get("offset"))
                    files.pop(key, None) if kind == "remove" else files.__setitem__(key, action[kind])
    return list(files.values())


class MaintenanceOfSparkTables:
    """Spark makes tables, Tarn maintains them, Spark reads them and finds nothing left to do."""

    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")
        self.unchecked = "SET spark.databricks.delta.retentionDurationCheck.enabled = false; "
        spark().conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")

    def name(self, table):
        return f"delta.`{self.home / table}`"

    def agree(self, table):
        return same_everywhere(self.tarn, self.name(table), self.home / table, delta_rs=False)

    def make(self, table, clauses="USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"):
        name = self.name(table)
        spark().sql(f"CREATE TABLE {name} (id BIGINT, v STRING, d DECIMAL(10,2), at TIMESTAMP, p INT) {clauses}")
        for first in (0, 1000):
            spark().sql(f"""INSERT INTO {name} SELECT /*+ REPARTITION(2) */ id, CONCAT('v', id % 100), CAST(id AS DECIMAL(10,2)) / 4,
                TIMESTAMP_SECONDS(1700000000 + id), CAST(id % 2 AS INT) FROM RANGE({first}, {first + 1000})""")
        spark().sql(f"DELETE FROM {name} WHERE id % 10 = 3")
        return name

    def case_optimize(self):
        name, path = self.make("compact"), self.home / "compact"
        before = same_before = spark_rows(path).collect()
        (answer,) = self.tarn.sql(f"OPTIMIZE {name} WHERE p = 1")
        (theirs,) = spark().sql(f"OPTIMIZE {name} WHERE p = 0").collect()
        equal(list(answer["metrics"]), list(theirs.metrics.asDict()), "fields of metrics")
        for field in ("zOrderStats", "clusteringStats", "filesAdded"):
            equal(type(answer["metrics"][field]) is dict, theirs.metrics[field] is not None, field)
        equal(len(active_files(path)), 2, "files")
        same_rows(spark_rows(path).collect(), before, spark_rows(path).schema, ("after", "before"))
        equal(spark().sql(f"OPTIMIZE {name}").collect()[0].metrics.numFilesAdded, 0, "left for Spark")
        self.tarn.sql(f"OPTIMIZE {name} ZORDER BY (id, v)")
        ours, their = commits(path)[-1], commits(path)[-2]
        equal(sorted(ours["operationMetrics"]), sorted(their["operationMetrics"]), "metrics in the history")
        equal(sorted(ours["operationParameters"]), sorted(their["operationParameters"]), "parameters in the history")
        same_rows(spark_rows(path).collect(), same_before, spark_rows(path).schema, ("ordered", "before"))
        return f"{self.agree('compact')} rows"

    def case_purge(self):
        name, path = self.name("compact"), self.home / "compact"
        spark().sql(f"DELETE FROM {name} WHERE id = 5")
        assert any(f.get("deletionVector") for f in active_files(path))
        self.tarn.sql(f"REORG TABLE {name} APPLY (PURGE)")
        assert not any(f.get("deletionVector") for f in active_files(path))
        return f"{self.agree('compact')} rows"

    def case_clustering(self):
        name, path = self.make("clustered", "USING delta CLUSTER BY (id, v)"), self.home / "clustered"
        (answer,) = self.tarn.sql(f"OPTIMIZE {name}")
        equal(answer["metrics"]["clusteringStats"]["numOutputZCubes"], 1, "cubes")
        for file in active_files(path):
            equal((file["clusteringProvider"], json.loads(file["tags"]["ZCUBE_ZORDER_BY"])), ("liquid", ["id", "v"]))
        rows = self.agree("clustered")
        equal(spark().sql(f"OPTIMIZE {name}").collect()[0].metrics.numFilesAdded, 0, "left for Spark")
        equal(self.tarn.sql(f"OPTIMIZE {name}")[0]["metrics"]["numFilesAdded"], 0, "left for Tarn")
        # One new row does not rewrite the table.
        spark().sql(f"INSERT INTO {name} SELECT * FROM {name} WHERE id = 1")
        metrics = self.tarn.sql(f"OPTIMIZE {name}")[0]["metrics"]
        equal((metrics["numFilesAdded"], metrics["numFilesRemoved"]), (1, 1), "incremental")
        spark().sql(f"OPTIMIZE {name} FULL")
        equal(self.agree("clustered"), rows + 1)
        return f"{rows} rows"

    def case_vacuum(self):
        name, path = self.name("compact"), self.home / "compact"
        wanted = {r.path.removeprefix("file:") for r in spark().sql(f"VACUUM {name} RETAIN 0 HOURS DRY RUN").collect()}
        found = {r["path"] for r in self.tarn.sql(self.unchecked + f"VACUUM {name} RETAIN 0 HOURS DRY RUN") if "path" in r}
        equal(found, wanted, "files to delete")
        assert wanted
        self.tarn.sql(self.unchecked + f"VACUUM {name} RETAIN 0 HOURS")
        equal(spark().sql(f"VACUUM {name} RETAIN 0 HOURS DRY RUN").collect(), [], "left for Spark")
        history = spark().sql(f"DESCRIBE HISTORY {name} LIMIT 2").collect()
        equal([r.operation for r in history], ["VACUUM END", "VACUUM START"])
        equal(history[1].operationMetrics["numFilesToDelete"], str(len(wanted)))
        return f"{len(wanted)} files, {self.agree('compact')} rows"

    def case_vacuum_lite(self):
        name, path = self.make("lite"), self.home / "lite"
        spark().sql(f"OPTIMIZE {name}")
        (path / "p=0" / "part-of-nobody.parquet").write_bytes(b"stray")
        wanted = {r.path.removeprefix("file:") for r in spark().sql(f"VACUUM {name} LITE RETAIN 0 HOURS DRY RUN").collect()}
        found = {r["path"] for r in self.tarn.sql(self.unchecked + f"VACUUM {name} LITE RETAIN 0 HOURS DRY RUN") if "path" in r}
        equal(found, wanted, "files to delete")
        self.tarn.sql(self.unchecked + f"VACUUM {name} LITE RETAIN 0 HOURS")
        assert (path / "p=0" / "part-of-nobody.parquet").exists()
        equal(spark().sql(f"VACUUM {name} LITE RETAIN 0 HOURS DRY RUN").collect(), [], "left for Spark")
        return f"{len(wanted)} files, {self.agree('lite')} rows"

    def case_restore(self):
        name, path = self.make("restored"), self.home / "restored"
        spark().sql(f"ALTER TABLE {name} ADD COLUMNS (extra STRING)")
        spark().sql(f"UPDATE {name} SET extra = 'x' WHERE id < 100")
        for version in (2, 3, 4):
            expected = spark_rows(path, version)
            (answer,) = self.tarn.sql(f"RESTORE TABLE {name} TO VERSION AS OF {version}")
            equal(spark_rows(path).schema, expected.schema, f"schema of version {version}")
            same_rows(spark_rows(path).collect(), expected.collect(), expected.schema, ("restored", f"version {version}"))
            self.agree("restored")
        theirs = spark().sql(f"RESTORE TABLE {name} TO VERSION AS OF 3")
        equal(list(answer), theirs.columns, "columns of the answer")
        ours, their = commits(path)[-2], commits(path)[-1]
        equal(sorted(ours["operationMetrics"]), sorted(their["operationMetrics"]), "metrics in the history")
        return f"{self.agree('restored')} rows"


class ChangesLikeSpark:
    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")
        self.path = home / "feed"
        self.name = f"delta.`{self.path}`"

    def case_same_changes(self):
        """Change files of UPDATE and MERGE, deletion vectors, whole files: each version's changes as Spark tells them."""
        spark().sql(f"""CREATE TABLE {self.name} (id BIGINT, v STRING, p INT) USING delta PARTITIONED BY (p)
            TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')""")
        for statement in ("INSERT INTO {t} SELECT id, CONCAT('v', id), CAST(id % 3 AS INT) FROM RANGE(300)",
                          "DELETE FROM {t} WHERE id % 7 = 0",
                          "UPDATE {t} SET v = 'u' WHERE id BETWEEN 10 AND 30",
                          "MERGE INTO {t} AS t USING (SELECT id, 'm' AS v, 0 AS p FROM RANGE(290, 310)) AS s ON t.id = s.id "
                          "WHEN MATCHED AND t.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT *",
                          "DELETE FROM {t} WHERE p = 1",
                          "OPTIMIZE {t}",
                          "RESTORE TABLE {t} TO VERSION AS OF 2",
                          "INSERT OVERWRITE {t} VALUES (1, 'o', 0)",
                          "ALTER TABLE {t} ADD COLUMNS (w INT)",
                          "INSERT INTO {t} VALUES (999, 'w', 2, 5)"):
            spark().sql(statement.format(t=self.name))
        return self.compare(0, 10)

    def compare(self, first, last):
        reader = spark().read.format("delta").option("readChangeFeed", "true")
        count = 0
        for start, end in [(v, v) for v in range(first, last + 1)] + [(first, last)]:
            frame = reader.option("startingVersion", start).option("endingVersion", end).load(str(self.path))
            rows = self.tarn.sql(f"SELECT * FROM table_changes_by_path('{self.path}', {start}, {end})")
            if rows:
                equal(list(rows[0]), frame.columns)
            count = same_rows(rows, frame.collect(), frame.schema, (f"Tarn, {start} to {end}", "Spark"))
        return f"{count} changes"

    def case_what_tarn_did(self):
        self.tarn.sql(f"INSERT INTO {self.name} SELECT id, 'tarn', CAST(id % 3 AS INT), 7 FROM RANGE(100)")
        self.tarn.sql(f"DELETE FROM {self.name} WHERE id % 9 = 0")
        self.tarn.sql(f"DELETE FROM {self.name} WHERE p = 2")
        return self.compare(11, 13)


class ClonesAndConversions:
    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def name(self, table):
        return f"delta.`{self.home / table}`"

    def agree(self, table):
        return same_everywhere(self.tarn, self.name(table), self.home / table, delta_rs=False)

    def case_clones_of_a_spark_table(self):
        name = self.name("source")
        spark().sql(f"""CREATE TABLE {name} (id BIGINT, v STRING, p STRING) USING delta PARTITIONED BY (p)
            TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')""")
        spark().sql(f"INSERT INTO {name} SELECT id, CONCAT('v', id), CASE id % 3 WHEN 0 THEN 'a b%' WHEN 1 THEN 'ü' END FROM RANGE(300)")
        spark().sql(f"DELETE FROM {name} WHERE id % 7 = 0")
        rows = spark_rows(self.home / "source").collect()
        schema = spark_rows(self.home / "source").schema
        for kind in ("SHALLOW", "DEEP"):
            table = f"by_tarn_{kind.lower()}"
            (answer,) = self.tarn.sql(f"CREATE TABLE {self.name(table)} {kind} CLONE {name}")
            same_rows(spark_rows(self.home / table).collect(), rows, schema, (f"{kind} clone by Tarn", "source"))
            self.tarn.sql(f"DELETE FROM {self.name(table)} WHERE id < 50")
            spark().sql(f"UPDATE {self.name(table)} SET v = 'changed' WHERE id BETWEEN 100 AND 110")
            self.tarn.sql(f"OPTIMIZE {self.name(table)}")
            self.agree(table)
        frame = spark().sql(f"CREATE TABLE {self.name('by_spark')} SHALLOW CLONE {name}")
        equal(list(answer), frame.columns, "columns of the answer")
        self.agree("by_spark")
        self.tarn.sql(f"UPDATE {self.name('by_spark')} SET v = 'tarn' WHERE id % 5 = 0")
        self.agree("by_spark")
        same_rows(spark_rows(self.home / "source").collect(), rows, schema, ("source afterwards", "source"))
        return f"{len(rows)} rows"

    def case_convert(self):
        path = self.home / "plain"
        frame = spark().sql("""SELECT id, CONCAT('v', id) AS v, CAST(id AS DECIMAL(12,3)) AS d, TIMESTAMP_SECONDS(id) AS at, DATE '2024-01-01' AS day,
            NAMED_STRUCT('x', CAST(id AS INT), 'y', ARRAY(id)) AS s, CAST(id % 3 AS INT) AS p FROM RANGE(500)""")
        frame.write.partitionBy("p").parquet(str(path))
        self.tarn.sql(f"CONVERT TO DELTA parquet.`{path}` PARTITIONED BY (p INT)")
        same_rows(spark_rows(path).collect(), frame.collect(), frame.schema, ("converted", "written"))
        stats = [json.loads(f["stats"]) for f in active_files(path)]
        equal(sum(s["numRecords"] for s in stats), 500)
        equal((min(s["minValues"]["id"] for s in stats), max(s["maxValues"]["s"]["x"] for s in stats)), (0, 499))
        self.tarn.sql(f"INSERT INTO delta.`{path}` SELECT id + 1000, v, d, at, day, s, p FROM delta.`{path}` WHERE id < 10")
        return f"{self.agree('plain')} rows"

    def case_convert_refuses_what_does_not_fit(self):
        path = self.home / "refused"
        spark().sql("SELECT id, CAST(id % 3 AS INT) AS p FROM RANGE(10)").write.partitionBy("p").parquet(str(path))
        for clause in ("", "PARTITIONED BY (q INT)", "PARTITIONED BY (p INT, q INT)"):
            done = self.tarn.command("sql", "--root", self.tarn.root, "-c", f"CONVERT TO DELTA parquet.`{path}` {clause}", check=False)
            assert done.returncode != 0 and "[DELTA_UNEXPECTED_" in done.stderr, done.stderr
        assert not (path / "_delta_log").exists()


GROUPS = [HistoryLikeSpark, MaintenanceOfSparkTables, ChangesLikeSpark, ClonesAndConversions]
