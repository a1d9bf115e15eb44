#!/usr/bin/env python3
"""The example's steps in PySpark with Delta Lake, timed in a warm session.

    .peers/venv/bin/python bench/spark/patreon_baseline.py --source DIR [--warm-up DIR] [--streaming]

DIR holds the four exports and increment/ with the later ones (patreon-generate --increment writes both).
Bronze is made in one of two ways: from the batch that raw was just given, which is the fastest way that we found; or, with
--streaming, the way pipelines go, Tarn's and Databricks': each bronze table is a stream that reads what is new in its raw table
and keeps account of it in a checkpoint (Structured Streaming, availableNow, MERGE in foreachBatch).
The same steps run over the warm-up folder first, so that start-up, class loading and compilation are not counted.
Prints one JSON object: seconds of both updates, the figures of bench/figures.sql after each, peak memory in MB.
"""
import argparse
import json
import pathlib
import re
import resource
import shutil
import tempfile
import time

from delta_session import delta_session
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, Observation, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ("users", "posts", "posts_comments", "votes")
SEQUENCE = "COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01')"
KEY, CREATED = "id_oid IS NOT NULL", "created_at_date IS NOT NULL"
# The expectations of pipelines/raw.sql and bronze.sql.
EXPECTATIONS = {
    **{f"{name}_raw": (KEY, CREATED) for name in COLLECTIONS},
    "users_bronze": (KEY, CREATED, "COALESCE(patreon_status_lifetime_support_cents, 0) >= 0 AND "
                                   "COALESCE(patreon_status_campaign_lifetime_support_cents, 0) >= 0"),
    "posts_bronze": (KEY, CREATED),
    "posts_translations_bronze": (f"{KEY} AND translations_language IS NOT NULL", "translations_created_at_date IS NOT NULL"),
    "posts_comments_bronze": (KEY, CREATED, "post_id_oid IS NOT NULL AND user_id_oid IS NOT NULL"),
    "votes_bronze": (f"{KEY} AND vote_index IS NOT NULL", CREATED, "vote_weight >= 0"),
}


def column_name(*path):
    return "_".join(path).replace("$", "").strip("_")


def flatten(df: DataFrame) -> DataFrame:
    """Structs make way for their fields at the right end, level by level; what is called a date becomes one."""
    while any(isinstance(f.dataType, StructType) for f in df.schema):
        plain = [F.col(f"`{f.name}`") for f in df.schema if not isinstance(f.dataType, StructType)]
        nested = [F.col(f"`{f.name}`.`{inner.name}`").alias(column_name(f.name, inner.name))
                  for f in df.schema if isinstance(f.dataType, StructType) for inner in f.dataType]
        df = df.select(*plain, *nested)
    dates = {f.name: F.expr(f"TRY_CAST(`{f.name}` AS TIMESTAMP)") for f in df.schema
             if "_date" in f.name and isinstance(f.dataType, StringType)}
    return df.withColumns(dates) if dates else df


def translations_of(posts):
    return flatten(posts.select("id_oid", F.explode("translations").alias("translations"), "_sequence"))


def options_of(votes):
    return flatten(votes.withColumn("vote", F.explode("votes")).drop("votes"))


# Each table's source, what is taken of it, its key, and whether an older version may come after a newer one.
BRONZE = {
    "users_bronze": ("users", lambda rows: rows, ["id_oid"], True),
    "posts_bronze": ("posts", lambda rows: rows.drop("translations"), ["id_oid"], True),
    "posts_translations_bronze": ("posts", translations_of, ["id_oid", "translations_language"], False),
    "posts_comments_bronze": ("posts_comments", lambda rows: rows, ["id_oid"], True),
    "votes_bronze": ("votes", options_of, ["id_oid", "vote_index"], True),
}


def observed(observation):
    """The observation's counts; None when Spark has none."""
    try:
        return observation.get
    except Py4JJavaError:
        return None


class Lakehouse:
    """The tables of one schema."""

    def __init__(self, spark: SparkSession, schema: str):
        self.spark, self.schema = spark, schema
        spark.sql(f"CREATE SCHEMA {schema}")
        spark.sql(f"USE {schema}")

    def exists(self, table):
        return self.spark.catalog.tableExists(f"{self.schema}.{table}")

    def expect(self, table, rows):
        """`rows` with the table's expectations counted as they pass by, which is Spark's cheapest way to do it."""
        observation = Observation(table)
        self.observations.append(observation)
        rules = EXPECTATIONS[table]
        return rows.observe(observation, F.count(F.lit(1)).alias("rows"),
                            *[F.count_if(F.expr(rule)).alias(f"passed_{i}") for i, rule in enumerate(rules)])

    def append_raw(self, name, files):
        """Appends the documents of `files`; gives the flattened batch."""
        batch = flatten(self.spark.read.option("multiLine", True).json(files))
        (self.expect(f"{name}_raw", batch).withColumn("_source_file", F.lit(files[0])).withColumn("_ingested_at", F.current_timestamp())
         .write.format("delta").mode("append").option("mergeSchema", True).saveAsTable(f"{name}_raw"))
        return batch

    def upsert(self, target, batch, keys, late_may_come=True):
        """The newest row a key wins; a late one with an older time loses."""
        newest = Window.partitionBy(*keys).orderBy(F.col("_sequence").desc())
        counted = self.expect(target, batch).where(EXPECTATIONS[target][0])
        rows = counted.withColumn("_rank", F.row_number().over(newest)).where("_rank = 1").drop("_rank", "_sequence")
        if not self.exists(target):
            rows.write.format("delta").saveAsTable(target)
            return
        rows.createOrReplaceTempView("batch")
        on = " AND ".join(f"t.{k} = s.{k}" for k in keys)
        side = lambda alias: re.sub(r"(\w+_date)", rf"{alias}.\1", SEQUENCE)
        newer = f"AND {side('s')} >= {side('t')}" if late_may_come else ""
        rows.sparkSession.sql(f"""MERGE WITH SCHEMA EVOLUTION INTO {target} AS t USING batch AS s ON {on}
            WHEN MATCHED {newer} THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *""")

    def update(self, folder):
        """One update over the four exports in `folder`, views included."""
        self.observations = []
        self.batches = {name: self.append_raw(name, [str(folder / f"{name}.json")]) for name in COLLECTIONS}
        for target, (source, rows_of, keys, late_may_come) in BRONZE.items():
            self.flow(source, target, lambda rows, _: self.upsert(
                target, rows_of(rows.withColumn("_sequence", F.expr(SEQUENCE))), keys, late_may_come))
        for statement in silver_statements():
            self.spark.sql(statement)

    def flow(self, source, target, upsert):
        upsert(self.batches[source], 0)

    def figures(self):
        figures = {row.figure: row.value for row in self.spark.sql((ROOT / "bench/figures.sql").read_text()).collect()}
        counts = [count for count in map(observed, self.observations) if count]
        # Where a write also creates its table, Delta runs the query inside another, and Spark loses what was observed.
        if len(counts) == len(self.observations):
            passed = sum(count for of_table in counts for name, count in of_table.items() if name != "rows")
            figures["expectations passed"] = passed
            figures["expectations failed"] = sum(of_table["rows"] * (len(of_table) - 1) for of_table in counts) - passed
        return figures


class StreamedLakehouse(Lakehouse):
    """Bronze reads the raw tables."""

    def __init__(self, spark, schema, checkpoints):
        super().__init__(spark, schema)
        self.checkpoints = checkpoints / schema

    def flow(self, source, target, upsert):
        rows = self.spark.readStream.table(f"{source}_raw").drop("_source_file", "_ingested_at")
        (rows.writeStream.foreachBatch(upsert).option("checkpointLocation", str(self.checkpoints / target))
         .trigger(availableNow=True).start().awaitTermination())


def silver_statements():
    """The example's own views: they are Spark SQL as they stand."""
    text = (ROOT / "examples/patreon/pipelines/silver.sql").read_text()
    text = re.sub(r"--.*", "", text).replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
    return [s for s in text.split(";") if s.strip()]


def timed(action):
    """Seconds and what the action gave."""
    start = time.perf_counter()
    result = action()
    return round(time.perf_counter() - start, 2), result


def run(lakehouse, source):
    result = {}
    for step, folder in (("first", source), ("increment", source / "increment")):
        seconds, _ = timed(lambda: lakehouse.update(folder))
        check_seconds, figures = timed(lakehouse.figures)
        result[step] = {"seconds": seconds, "check_seconds": check_seconds, "figures": figures}
    return result


def peak_mb(spark):
    jvm = spark._jvm.java.lang.ProcessHandle.current().pid()
    status = pathlib.Path(f"/proc/{jvm}/status").read_text()
    kilobytes = int(re.search(r"VmHWM:\s+(\d+)", status).group(1))
    return round((kilobytes + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--warm-up", type=pathlib.Path, help="run over this folder first, uncounted")
    parser.add_argument("--streaming", action="store_true", help="bronze streams from the raw tables")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="patreon-spark-")
    try:
        spark = delta_session(folder)
        def lakehouse(schema):
            return StreamedLakehouse(spark, schema, pathlib.Path(folder) / "checkpoints") if arguments.streaming else Lakehouse(spark, schema)

        if arguments.warm_up:
            run(lakehouse("warm_up"), arguments.warm_up.resolve())
        result = run(lakehouse("patreon"), arguments.source.resolve())
        result["peak_mb"] = peak_mb(spark)
        spark.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
