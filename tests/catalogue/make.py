#!/usr/bin/env python3
"""Makes the catalogue anew: small tables as Spark and delta-rs write them, and the rows that Spark sees at each version.

    scripts/setup-peers.sh && .peers/venv/bin/python tests/catalogue/make.py [NAME ...]

tables/NAME is the table, expected/NAME/N.tsv its rows at version N, sorted, spelt as the spark-sql shell spells them. They are committed:
catalogue_test.py needs neither Spark nor delta-rs.
"""
import pathlib
import shutil
import sys
import tempfile

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "bench" / "spark"))
from delta_session import delta_session  # noqa: E402  (the path above comes first)

EVERY_TYPE = """id BIGINT, b BOOLEAN, y TINYINT, s SMALLINT, i INT, f FLOAT, d DOUBLE, m DECIMAL(10,2), big DECIMAL(38,18), t STRING, bin BINARY, day DATE,
    at TIMESTAMP, local TIMESTAMP_NTZ, list ARRAY<INT>, pairs MAP<STRING, INT>, inner STRUCT<x: INT, y: STRUCT<z: STRING>>"""
EVERY_VALUE = """(1, true, 1Y, 2S, 3, 1.5F, 2.5D, 1.25, 0.000000000000000001, 'text, "quoted"\\n', X'6279746573', DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.789012',
    TIMESTAMP_NTZ '1969-12-31 23:59:59.999999', ARRAY(1, NULL, 3), MAP('k', 1, 'n', NULL), NAMED_STRUCT('x', 1, 'y', NAMED_STRUCT('z', 'deep'))),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, false, -128Y, -32768S, -2147483648, CAST('NaN' AS FLOAT), CAST('-Infinity' AS DOUBLE), -99999999.99, -1, 'ünï 🦆', X'', DATE '0001-01-01',
     TIMESTAMP '1900-01-01 00:00:00', TIMESTAMP_NTZ '9999-12-31 23:59:59', ARRAY(), MAP(), NAMED_STRUCT('x', NULL, 'y', NULL))"""
SMALL = "VALUES (1, 'a', 'x'), (2, 'b', 'x'), (3, 'c', 'y'), (4, NULL, NULL)"


def table(columns="id INT, v STRING, p STRING", clauses="", **properties):
    listed = ", ".join(f"'{k.replace('_', '.')}' = '{v}'" for k, v in properties.items())
    return f"CREATE TABLE {{t}} ({columns}) USING delta {clauses}" + (f" TBLPROPERTIES ({listed})" if listed else "")


VECTORS = {"delta_enableDeletionVectors": "true"}
CHANGES = ("INSERT INTO {t} " + SMALL, "UPDATE {t} SET v = 'changed' WHERE id = 2", "DELETE FROM {t} WHERE id = 3",
           "MERGE INTO {t} t USING (SELECT * FROM VALUES (1, 'merged', 'x'), (9, 'new', 'z') AS r(id, v, p)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
SPARK = {
    "every_type": (table(EVERY_TYPE), "INSERT INTO {t} VALUES " + EVERY_VALUE),
    "copy_on_write": (table(delta_enableDeletionVectors="false"), *CHANGES),
    "deletion_vectors": (table(**VECTORS), *CHANGES, "OPTIMIZE {t}", "RESTORE TABLE {t} TO VERSION AS OF 2"),
    "purged": (table(**VECTORS), *CHANGES, "REORG TABLE {t} APPLY (PURGE)"),
    "partitioned": (table(clauses="PARTITIONED BY (p)", **VECTORS), *CHANGES, "INSERT INTO {t} VALUES (5, 'd', 'a/b c=%'), (6, 'e', '')"),
    "partitioned_by_types": (table("id INT, day DATE, at TIMESTAMP, m DECIMAL(5,2), b BOOLEAN", "PARTITIONED BY (day, at, m, b)"),
                             "INSERT INTO {t} VALUES (1, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.789', 1.50, true), (2, NULL, NULL, NULL, NULL)"),
    "mapped_by_name": (table(delta_columnMapping_mode="name", **VECTORS), *CHANGES, "ALTER TABLE {t} RENAME COLUMN v TO `new name`",
                       "ALTER TABLE {t} ADD COLUMN v INT", "INSERT INTO {t} VALUES (7, 'n', 'p', 70)", "ALTER TABLE {t} DROP COLUMN `new name`"),
    "mapped_by_id": (table("id INT, s STRUCT<a: INT, `b c`: STRING>, l ARRAY<STRUCT<e: INT>>", delta_columnMapping_mode="id"),
                     "INSERT INTO {t} VALUES (1, NAMED_STRUCT('a', 1, 'b c', 'x'), ARRAY(NAMED_STRUCT('e', 5)))", "ALTER TABLE {t} RENAME COLUMN s TO t",
                     "INSERT INTO {t} VALUES (2, NAMED_STRUCT('a', 2, 'b c', 'y'), NULL)"),
    "change_feed": (table(delta_enableChangeDataFeed="true", **VECTORS), *CHANGES),
    "row_tracking": (table(delta_enableRowTracking="true", **VECTORS), *CHANGES, "OPTIMIZE {t}"),
    "clustered": (table(clauses="CLUSTER BY (id, v)", **VECTORS), *CHANGES, "OPTIMIZE {t}"),
    "classic_checkpoint": (table(delta_checkpointInterval="2", **VECTORS), *CHANGES),
    "v2_checkpoint": (table(delta_checkpointInterval="2", delta_checkpointPolicy="v2", **VECTORS), *CHANGES),
    "typed_statistics": (table(delta_checkpointInterval="2", delta_checkpoint_writeStatsAsStruct="true", delta_checkpoint_writeStatsAsJson="false"), *CHANGES),
    "in_commit_timestamps": (table(delta_enableInCommitTimestamps="true"), *CHANGES[:2]),
    "widened": (table("id INT, d DECIMAL(6,2), day DATE", delta_enableTypeWidening="true", delta_feature_timestampNtz="supported"),
                "INSERT INTO {t} VALUES (1, 1.25, DATE '2024-02-29')", "ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT", "ALTER TABLE {t} ALTER COLUMN d TYPE DECIMAL(12,4)",
                "ALTER TABLE {t} ALTER COLUMN day TYPE TIMESTAMP_NTZ", "INSERT INTO {t} VALUES (5000000000, 123.4567, TIMESTAMP_NTZ '2024-03-01 01:02:03')"),
    "evolved": (table("id INT, s STRUCT<a: INT>"), "INSERT INTO {t} VALUES (1, NAMED_STRUCT('a', 1))", "ALTER TABLE {t} ADD COLUMNS (n STRING FIRST, s.b STRING)",
                "INSERT INTO {t} VALUES ('n', 2, NAMED_STRUCT('a', 2, 'b', 'b'))"),
    "constrained": (table("id INT NOT NULL, v STRING DEFAULT 'none'", delta_feature_allowColumnDefaults="supported"),
                    "ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id > 0)", "INSERT INTO {t} (id) VALUES (1), (2)", "INSERT INTO {t} (id, v) VALUES (3, 'c')"),
    "generated": (lambda make: make.addColumn("id", "INT").addColumn(make.column("half").dataType("DOUBLE").generatedAlwaysAs("CAST(id AS DOUBLE) / 2").build()),
                  "INSERT INTO {t} (id) VALUES (1), (2)"),
    "identity": (lambda make: make.addColumn(make.column("n").dataType("BIGINT").generatedAlwaysAsIdentity(10, 5).build()).addColumn("v", "STRING"),
                 "INSERT INTO {t} (v) VALUES ('a'), ('b')", "INSERT INTO {t} (v) VALUES ('c')"),
    "variant": (table("id INT, v VARIANT"), """INSERT INTO {t} VALUES (1, parse_json('{"a": [1, 2.5, "x"], "b": null}')), (2, parse_json('"text"')), (3, NULL)"""),
    "appended_only": (table(delta_appendOnly="true"), CHANGES[0]),
    "overwritten": (table(clauses="PARTITIONED BY (p)"), CHANGES[0], "INSERT INTO {t} REPLACE WHERE p = 'x' VALUES (8, 'r', 'x')",
                    "DELETE FROM {t}", "INSERT INTO {t} VALUES (9, 's', 'y')"),
}


def numbers(first, count, **more):
    return pa.table({"id": pa.array(range(first, first + count), pa.int64()), "p": [f"p{i % 2}" for i in range(first, first + count)], **more})


def rs_appended(path):
    write_deltalake(path, numbers(0, 5), partition_by=["p"])
    write_deltalake(path, numbers(5, 5), mode="append")
    DeltaTable(path).delete("id = 3")
    DeltaTable(path).update(updates={"id": "id + 100"}, predicate="p = 'p1'")


def rs_checkpointed(path):
    for i in range(4):
        write_deltalake(path, numbers(i * 3, 3), mode="append", configuration={"delta.checkpointInterval": "2"} if i == 0 else None)
    DeltaTable(path).create_checkpoint()
    write_deltalake(path, numbers(50, 1), mode="append")


def rs_merged(path):
    write_deltalake(path, numbers(0, 6))
    (DeltaTable(path).merge(numbers(4, 6, extra=["e"] * 6), "t.id = s.id", source_alias="s", target_alias="t", merge_schema=True,
                            commit_properties=CommitProperties(custom_metadata={"by": "catalogue"}))
     .when_matched_update_all().when_not_matched_insert_all().execute())
    DeltaTable(path).optimize.compact()


def rs_overwritten(path):
    write_deltalake(path, numbers(0, 3))
    write_deltalake(path, pa.table({"other": ["a", None], "at": pa.array([0, 1], pa.timestamp("us", "UTC"))}), mode="overwrite", schema_mode="overwrite")
    DeltaTable(path).restore(0)


DELTA_RS = {"rs_appended": rs_appended, "rs_checkpointed": rs_checkpointed, "rs_merged": rs_merged, "rs_overwritten": rs_overwritten}


class Builder:
    """Spark's table builder: its SQL makes generated columns for tables with a name only."""

    def __init__(self, spark, path):
        self.tables, self.session = spark._jvm.io.delta.tables.DeltaTable, spark._jsparkSession
        self.builder = self.tables.create(self.session).location(str(path))

    def addColumn(self, *column):
        self.builder = self.builder.addColumn(*column)
        return self

    def column(self, name):
        return self.tables.columnBuilder(self.session, name)

    def execute(self):
        self.builder.execute()


def rows_of(spark, path, version):
    frame = spark.read.format("delta").option("versionAsOf", version).load(str(path))
    if not frame.columns:
        return []
    plan = frame._jdf.queryExecution().executedPlan()
    lines = spark._jvm.org.apache.spark.sql.execution.HiveResult.hiveResultString(plan)
    return sorted(lines.apply(i) for i in range(lines.size()))


def main(wanted):
    with tempfile.TemporaryDirectory() as folder:
        spark = delta_session(folder, spark_sql_parquet_outputTimestampType="TIMESTAMP_MICROS")
        spark.sparkContext.setLogLevel("OFF")
        for name in [n for n in [*SPARK, *DELTA_RS] if not wanted or n in wanted]:
            path, expected = HERE / "tables" / name, HERE / "expected" / name
            for old in (path, expected):
                shutil.rmtree(old, ignore_errors=True)
            if name in SPARK:
                for statement in SPARK[name]:
                    if callable(statement):
                        statement(Builder(spark, path)).execute()
                    else:
                        spark.sql(statement.replace("{t}", f"delta.`{path}`"))
            else:
                DELTA_RS[name](str(path))
            for checksum in path.rglob(".*.crc"):  # Hadoop's own, of no use to anybody else.
                checksum.unlink()
            expected.mkdir(parents=True)
            newest = DeltaTable(str(path)).version() if name in DELTA_RS else spark.sql(f"DESCRIBE HISTORY delta.`{path}`").first().version
            for version in range(newest + 1):
                (expected / f"{version}.tsv").write_text("".join(line + "\n" for line in rows_of(spark, path, version)))
            print(f"{name}: {newest + 1} versions", flush=True)
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
