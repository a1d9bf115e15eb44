"""What the interop cases share: Tarn as a command, one Spark session, delta-rs, and rows that can be compared."""
import base64
import collections
import datetime
import decimal
import functools
import json
import logging
import os
import pathlib
import re
import struct
import subprocess
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "bench" / "spark"))
from delta_session import delta_session  # noqa: E402  (the path above comes first)
from pyspark.sql import types as T  # noqa: E402

BINARY = pathlib.Path(os.environ.get("TARN", CHECKOUT / "build" / "tarn")).resolve()


decimal.getcontext().prec = 60  # DECIMAL(38, s) and room to rescale


class TarnError(AssertionError):
    pass


class Tarn:
    """One root folder; `environment` is added to the process's own."""

    def __init__(self, root, environment=None):
        self.root = pathlib.Path(root)
        self.environment = environment or {}

    def command(self, *arguments, check=True):
        done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=300, cwd=CHECKOUT,
                              env={**os.environ, **self.environment})
        if check and done.returncode != 0:
            raise TarnError(f"tarn {' '.join(map(str, arguments))[:300]}\n  exit {done.returncode}: "
                            f"{(done.stderr or done.stdout).strip()[-600:]}")
        return done

    def sql(self, text):
        """The rows of the statements in `text`, as dicts."""
        out = self.command("sql", "--root", self.root, "--format", "jsonl", "-c", text).stdout
        return [json.loads(line, parse_float=decimal.Decimal) for line in out.splitlines() if line.strip()]

    def value(self, text):
        (row,) = self.sql(text)
        (value,) = row.values()
        return value

    def run(self, project, *options):
        return self.command("run", project, "--root", self.root, *options).stdout

    def table_path(self, schema, table):
        return self.root / "warehouse" / "main" / schema / table


@functools.cache
def spark(folder=None):
    # The first call names the folder; the session lives as long as this process.
    logging.getLogger("SQLQueryContextLogger").disabled = True  # errors come as exceptions already
    # Spark's default, INT96, holds nanoseconds for delta-rs: years after 2262 come out wrong there.
    session = delta_session(folder, spark_sql_parquet_outputTimestampType="TIMESTAMP_MICROS")
    session.sparkContext.setLogLevel("OFF")
    return session


def spark_rows(path, version=None):
    reader = spark().read.format("delta")
    return (reader.option("versionAsOf", version) if version is not None else reader).load(str(path))


def delta_rs_rows(path, version=None, storage_options=None):
    """Through DataFusion: the pyarrow reader of delta-rs refuses deletion vectors by name."""
    table = DeltaTable(str(path), version=version, storage_options=storage_options)
    return pa.table(QueryBuilder().register("t", table).execute("SELECT * FROM t").read_all()).to_pylist()


def delta_rs_append(path, rows, schema=None):
    write_deltalake(str(path), pa.Table.from_pylist(rows, schema=schema), mode="append")


def canonical_json(value):
    """Values of no declared type: equal as JSON, in which a number may be spelt in many ways."""
    if isinstance(value, dict):
        return {k: canonical_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [canonical_json(v) for v in value]
    if isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool):
        return str(decimal.Decimal(value).normalize())
    if isinstance(value, str):  # PySpark shows six digits of a second, Spark as many as there are
        return re.sub(r"^(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.\d*?)0+(?=[+-]|$)", r"\1", value)
    return value


def canonical(value, kind):
    """One spelling of a value of Spark type `kind`, whoever gave it: Spark, Arrow or JSON text."""
    if value is None:
        return None
    if isinstance(kind, T.StructType):
        get = value.get if isinstance(value, dict) else value.asDict().get
        return {f.name: canonical(get(f.name), f.dataType) for f in kind}
    if isinstance(kind, T.ArrayType):
        return [canonical(v, kind.elementType) for v in value]
    if isinstance(kind, T.MapType):
        pairs = value.items() if isinstance(value, dict) else value
        def key(k):
            nested = isinstance(kind.keyType, (T.ArrayType, T.MapType, T.StructType))
            k = k if nested and isinstance(k, str) else canonical(k, kind.keyType)
            return k if isinstance(k, str) else json.dumps(k, separators=(",", ":"))
        return dict(sorted((key(k), canonical(v, kind.valueType)) for k, v in pairs))
    if isinstance(kind, T.VariantType):
        if hasattr(value, "toJson"):
            value = json.loads(value.toJson(), parse_int=decimal.Decimal, parse_float=decimal.Decimal)
        return canonical_json(value)
    if isinstance(kind, T.BinaryType):
        return value if isinstance(value, str) else base64.b64encode(bytes(value)).decode()
    if isinstance(kind, (T.TimestampType, T.TimestampNTZType)):
        moment = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return moment.isoformat(timespec="microseconds")
    if isinstance(kind, T.DateType):
        return value if isinstance(value, str) else value.isoformat()
    if isinstance(kind, T.DecimalType):
        return str(decimal.Decimal(str(value)).quantize(decimal.Decimal(1).scaleb(-kind.scale)))
    if isinstance(kind, T.FloatType):
        return repr(struct.unpack("f", struct.pack("f", float(value)))[0])
    if isinstance(kind, T.DoubleType):
        return repr(float(value))
    return value


def canonical_rows(rows, schema):
    return collections.Counter(json.dumps(canonical(r, schema), sort_keys=True, ensure_ascii=False) for r in rows)


def same_rows(left, right, schema, names=("left", "right")):
    """Equal as bags of rows, or an AssertionError that shows the first differences."""
    a, b = canonical_rows(left, schema), canonical_rows(right, schema)
    if a == b:
        return sum(a.values())
    only_a, only_b = list((a - b).elements()), list((b - a).elements())
    raise AssertionError(f"{sum(a.values())} rows in {names[0]}, {sum(b.values())} in {names[1]}"
                         + "".join(f"\n  only {n}: {r[:400]}" for n, rs in zip(names, (only_a, only_b)) for r in rs[:2]))


def same_everywhere(tarn, name, path, delta_rs=True):
    """Tarn's rows of table `name` are those that Spark, and delta-rs, read at `path`."""
    frame = spark_rows(path)
    rows = tarn.sql(f"SELECT * FROM {name}")
    spark_collected = frame.collect()
    if rows:
        assert list(rows[0]) == frame.columns, f"columns of Tarn {list(rows[0])}, of Spark {frame.columns}"
    count = same_rows(rows, spark_collected, frame.schema, ("Tarn", "Spark"))
    if delta_rs:
        same_rows(rows, delta_rs_rows(path), frame.schema, ("Tarn", "delta-rs"))
    return count


def equal(actual, expected, what=""):
    assert actual == expected, f"{what}{': ' if what else ''}{actual!r}, expected {expected!r}"
