"""Reads every golden table at up to five versions with Tarn, and compares the rows with Spark's or the table's own.

    tests/golden/run.sh [NAME ...]      only the tables whose name contains a NAME

exceptions.json says where Spark is not the judge, and why. README.md has the rest.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))
import harness  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
import tables as source  # noqa: E402
from pyspark.sql import functions as F
from pyspark.sql import types as T  # noqa: E402

# Databricks has other names for these than the open source Delta of the peers.
SAME_MEANING = {"DELTA_TABLE_NOT_FOUND": ["DELTA_MISSING_DELTA_TABLE"]}
EXCEPTIONS = json.loads((HERE / "exceptions.json").read_text())


class Answer:
    """Rows as sorted canonical texts under a schema, or an error's class."""

    def __init__(self, rows=None, error=None, columns=None, message=""):
        self.rows, self.error, self.columns, self.message = rows, error, columns, message

    def __str__(self):
        return f"[{self.error}] {self.message}" if self.error else f"{len(self.rows)} rows"


def rows_of(values, schema):
    return sorted(harness.canonical_rows(values, schema).elements())


# --- Spark

def error_class(text):
    found = re.search(r"\[([A-Z][A-Z0-9_.]+)\]", text)
    return found.group(1) if found else "UNKNOWN"


def entries(column, kind):
    """The same column with every map as an array of its entries."""
    if isinstance(kind, T.MapType):
        return F.transform(F.map_entries(column), lambda e: F.struct(entries(e.key, kind.keyType), entries(e.value, kind.valueType)))
    if isinstance(kind, T.ArrayType):
        return F.transform(column, lambda e: entries(e, kind.elementType))
    if isinstance(kind, T.StructType):
        fields = F.struct(*(entries(column[f.name], f.dataType).alias(f.name) for f in kind))
        return F.when(column.isNull(), F.lit(None)).otherwise(fields)
    return column


def ask_spark(path, version):
    reader = harness.spark().read.format("delta")
    if version >= 0:
        reader = reader.option("versionAsOf", version)
    try:
        frame = reader.load(str(path))
        try:
            rows = frame.collect()
        except TypeError:  # a map whose keys no Python dict takes
            rows = frame.select(*(entries(F.col(f"`{f.name}`"), f.dataType).alias(f.name) for f in frame.schema)).collect()
    except Exception as error:  # whatever Spark throws is its answer
        text = str(error)
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        return {"error": condition or error_class(text), "message": text[:300]}
    return {"schema": json.loads(frame.schema.json()), "rows": rows_of(rows, frame.schema)}


class Spark:
    """Spark's answers, kept in a file for each table when TARN_GOLDEN_CACHE names a folder."""

    def __init__(self, work):
        folder = os.environ.get("TARN_GOLDEN_CACHE")
        self.folder = pathlib.Path(folder) if folder else None
        self.work = work

    def readable(self, table):
        """The table's folder, or a copy without the files that mislead Spark."""
        pattern = rule_for(table, -1).get("spark_without")
        if not pattern:
            return table.path
        copy = self.work / "for-spark" / table.name
        if not copy.exists():
            shutil.copytree(table.path, copy)
            for file in copy.glob(pattern):
                file.unlink()
        return copy

    def answers(self, table):
        file = self.folder / f"{table.name.replace('/', '+')}-{table.digest()}.json" if self.folder else None
        if file and file.exists():
            return {int(v): a for v, a in json.loads(file.read_text()).items()}
        # Old versions are what we came for.
        harness.spark(self.work / "spark").conf.set(
            "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration", "false")
        answers = {version: ask_spark(self.readable(table), version) for version in table.versions}
        if file:
            self.folder.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(answers, ensure_ascii=False))
        return answers


# --- Tarn

def ask_tarn(root, table, version, schema):
    at = f" VERSION AS OF {version}" if version >= 0 else ""
    path = str(table.path).replace("`", "``")
    done = subprocess.run([str(harness.BINARY), "sql", "--root", str(root), "--format", "jsonl", "-c",
                           f"SELECT * FROM delta.`{path}`{at}"], capture_output=True, text=True, timeout=300)
    if done.returncode < 0:
        return Answer(error="CRASH", message=f"signal {-done.returncode}")
    if done.returncode:
        return Answer(error=error_class(done.stderr), message=done.stderr.strip()[:300])
    rows = [json.loads(line, parse_float=harness.decimal.Decimal) for line in done.stdout.splitlines()]
    if schema is None:
        return Answer(rows=rows)
    return Answer(rows=rows_of(rows, schema), columns=list(rows[0]) if rows else None)


# --- One check

def expected_rows(table, schema):
    """The rows in the table's own folder of expected Parquet files."""
    rows = []
    for file in sorted(table.expected.rglob("*.parquet")):
        rows += parquet.read_table(file, partitioning=None).to_pylist()
    return rows_of(rows, schema)


def rule_for(table, version):
    for rule in EXCEPTIONS:
        if not re.fullmatch(rule["table"], table.name):
            continue
        if "versions" in rule and version not in rule["versions"]:
            continue
        return rule
    return {}


def difference(got, wanted):
    a, b = collections.Counter(got), collections.Counter(wanted)
    return "".join(f"\n    only {who}: {row[:500]}" for who, rest in (("Tarn", a - b), ("the judge", b - a))
                   for row in list(rest.elements())[:2])


def check(root, table, version, spark):
    """None when Tarn is right, otherwise what is wrong."""
    rule = rule_for(table, version)
    schema = T.StructType.fromJson(spark["schema"]) if "schema" in spark else None
    if "schema" in rule:
        schema = T.StructType.fromJson(rule["schema"])
    got = ask_tarn(root, table, version, schema)
    if "error" in rule:
        return None if got.error in rule["error"] else f"expected {' or '.join(rule['error'])}, got {got}"
    if "rows" in rule:
        wanted = rows_of(rule["rows"], schema)
    elif rule.get("judge") == "expected":
        wanted = expected_rows(table, schema)
    elif "error" in spark:
        same = [spark["error"], *SAME_MEANING.get(spark["error"], [])]
        return None if got.error in same else f"Spark: [{spark['error']}] {spark['message']}\n    Tarn: {got}"
    else:
        wanted = spark["rows"]
    if got.error:
        return f"expected {len(wanted)} rows, got {got}"
    if got.rows != wanted:
        return f"{len(got.rows)} rows, expected {len(wanted)}{difference(got.rows, wanted)}"
    if got.columns and schema and got.columns != schema.names:
        return f"columns {got.columns}, expected {schema.names}"
    return None


def main():
    wanted = sys.argv[1:]
    work = pathlib.Path(tempfile.mkdtemp(prefix="tarn-golden-"))
    try:
        tables, origin = source.collect(work)
        if not tables:
            print("skipped: no golden tables. Set TARN_GOLDEN_TABLES to folders that hold them.\n0 passed, 0 failed, 1 skipped")
            return 0
        tables = [t for t in tables if not wanted or any(w in t.name for w in wanted)]
        print(f"{len(tables)} tables from {origin}", flush=True)
        spark = Spark(work)
        passed, wrong, bad_tables = 0, 0, set()
        for table in tables:
            answers = spark.answers(table)
            for version in table.versions:
                problem = check(work / "root", table, version, answers[version])
                if problem is None:
                    passed += 1
                    continue
                wrong += 1
                bad_tables.add(table.name)
                print(f"FAILED  {table.name} at {version if version >= 0 else 'newest'}: {problem}", flush=True)
        print(f"{len(tables) - len(bad_tables)} of {len(tables)} tables right at every version")
        print(f"{passed} passed, {wrong} failed")
        return 1 if wrong or not passed else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
