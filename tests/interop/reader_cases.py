"""Tables that only others can make: Spark writes them with every reader feature, Tarn reads them at every version."""
import json
import shutil

from harness import Tarn, TarnError, equal, same_rows, spark, spark_rows

# Of the protocol's type widenings: the first type, the later one, values of the first, values of the later.
WIDENINGS = [
    ("BYTE", "SHORT", "1, -128, 127", "300, -32768, 32767"), ("BYTE", "INT", "1, -128, 127", "70000, 2147483647, 0"),
    ("BYTE", "LONG", "1, -128, 127", "9223372036854775807, 0, -1"), ("SHORT", "INT", "1, -32768, 32767", "70000, 0, -5"),
    ("SHORT", "LONG", "1, 2, 3", "9223372036854775807, 0, 2"), ("INT", "LONG", "1, -2147483648, 2147483647", "2147483648, 1, 2"),
    ("FLOAT", "DOUBLE", "0.1F, 1.5F, -0.0F", "0.1D, 1.5D, 1e300D"), ("BYTE", "DOUBLE", "1, 2, 3", "1.5D, 2.0D, 0.5D"),
    ("SHORT", "DOUBLE", "1, 2, 3", "1.5D, 2.0D, 0.5D"), ("INT", "DOUBLE", "1, 2, 2147483647", "1.5D, 2.0D, 0.5D"),
    ("DECIMAL(6,2)", "DECIMAL(12,4)", "1.01, 1.00, 9999.99", "1.0050, 1.0100, 0.0001"),
    ("DECIMAL(5,2)", "DECIMAL(20,2)", "1.01, 1.00, 999.99", "123456789012345678.99, 1.01, 0.00"),
    ("BYTE", "DECIMAL(12,1)", "1, 2, 3", "1.5, 2.0, 99999999999.9"), ("SHORT", "DECIMAL(12,1)", "1, 2, 3", "1.5, 2.0, 0.1"),
    ("INT", "DECIMAL(12,1)", "1, 2, 2147483647", "1.5, 2.0, 0.1"), ("LONG", "DECIMAL(22,1)", "1, 2, 9223372036854775807", "1.5, 2.0, 0.1"),
    ("DATE", "TIMESTAMP_NTZ", "DATE '2024-01-01', DATE '2024-01-02', DATE '1900-01-01'",
     "TIMESTAMP_NTZ '2024-01-01 12:00:00', TIMESTAMP_NTZ '2024-01-02 00:00:00', TIMESTAMP_NTZ '2030-01-01 00:00:00.5'"),
]
WIDE = "'delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported'"
# What DuckDB would push into a narrow file by casting the constant.
PROBES = {"DOUBLE": ["1.5D", "2.0D", "0.1D", "0.5D"], "DECIMAL": ["1.0050", "1.005", "1.5", "2"],
          "TIMESTAMP_NTZ": ["TIMESTAMP_NTZ '2024-01-01 12:00:00'", "TIMESTAMP_NTZ '2024-01-02 00:00:00'"],
          "SHORT": ["300", "1"], "INT": ["70000", "127"], "LONG": ["2147483648", "9223372036854775807", "1"]}


class Readers:
    """What the groups below share: tables by path, and Spark's answer at every version."""

    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def make(self, name, *statements):
        path = self.home / name
        for statement in statements:
            spark().sql(statement.replace("{t}", f"delta.`{path}`"))
        return path

    def agree(self, path, versions=()):
        """Tarn's rows are Spark's, now and at these versions."""
        count = 0
        for version in [*versions, None]:
            frame = spark_rows(path, version)
            at = "" if version is None else f" VERSION AS OF {version}"
            count += same_rows(self.tarn.sql(f"SELECT * FROM delta.`{path}`{at}"), frame.collect(), frame.schema,
                               (f"Tarn{at}", f"Spark{at}"))
        return count

    def agree_where(self, path, conditions):
        """Each condition is a filter of its own, so that it is pushed into the files; one statement holds them all."""
        query = " UNION ALL ".join(f"SELECT '{c.replace(chr(39), '')}' AS probe, * FROM delta.`{path}` WHERE {c}" for c in conditions)
        frame = spark().sql(query)
        same_rows(self.tarn.sql(query), frame.collect(), frame.schema, ("Tarn", "Spark"))

    def refused(self, path, condition, at=""):
        try:
            self.tarn.sql(f"SELECT * FROM delta.`{path}`{at}")
        except TarnError as error:
            assert f"[{condition}" in str(error), f"expected {condition}: {error}"
            return str(error)
        raise AssertionError(f"{path.name} was read, expected {condition}")


class TypeWidening(Readers):
    def case_every_widening(self):
        columns = ", ".join(f"c{i} {narrow}" for i, (narrow, _, _, _) in enumerate(WIDENINGS))

        def insert(which):
            lists = [[v.strip() for v in w[which].split(",")] for w in WIDENINGS]
            return "INSERT INTO {t} VALUES " + ", ".join(f"({', '.join(row)})" for row in zip(*lists, strict=True))
        path = self.make("widened", f"CREATE TABLE {{t}} ({columns}) USING delta TBLPROPERTIES ({WIDE})", insert(2),
                         *(f"ALTER TABLE {{t}} ALTER COLUMN c{i} TYPE {wide}" for i, (_, wide, _, _) in enumerate(WIDENINGS)), insert(3))
        self.agree(path, versions=[1, len(WIDENINGS)])
        self.agree_where(path, [f"c{i} {test}" for i, (_, wide, _, _) in enumerate(WIDENINGS) for p in PROBES[wide.split("(")[0]]
                                for test in (f"= {p}", f"< {p}")])
        return f"{len(WIDENINGS)} widenings"

    def case_joins_and_orders_see_the_wide_values(self):
        path = self.make("joined", "CREATE TABLE {t} (k INT, d INT) USING delta TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                         "INSERT INTO {t} SELECT CAST(id AS INT), CAST(id AS INT) FROM RANGE(1000)",
                         "ALTER TABLE {t} ALTER COLUMN d TYPE DOUBLE", "ALTER TABLE {t} ALTER COLUMN k TYPE BIGINT",
                         "INSERT INTO {t} SELECT id + 5000000000, id + 0.5 FROM RANGE(1000)")
        for query in ("SELECT COUNT(*) AS n FROM {t} a JOIN (SELECT d FROM {t} WHERE k % 7 = 0 AND d < 400) b ON a.d = b.d",
                      "SELECT COUNT(*) AS n FROM {t} a JOIN (SELECT k FROM {t} WHERE d = 3.5 OR d = 4) b ON a.k = b.k",
                      "SELECT k, d FROM {t} ORDER BY d DESC, k LIMIT 5", "SELECT MAX(d) AS m, MIN(k) AS n FROM {t}"):
            frame = spark().sql(query.replace("{t}", f"delta.`{path}`"))
            same_rows(self.tarn.sql(query.replace("{t}", f"delta.`{path}`")), frame.collect(), frame.schema, (query, "Spark"))

    def case_within_structs_arrays_maps_and_partitions(self):
        path = self.make("nested", """CREATE TABLE {t} (id INT, s STRUCT<a: INT, b: STRUCT<c: DATE>>, l ARRAY<SHORT>, m MAP<INT, FLOAT>,
                         ls ARRAY<STRUCT<x: INT>>, p SHORT) USING delta PARTITIONED BY (p) TBLPROPERTIES (""" + WIDE + ")",
                         """INSERT INTO {t} VALUES (1, NAMED_STRUCT('a', 1, 'b', NAMED_STRUCT('c', DATE '2024-01-01')), ARRAY(1S, NULL),
                            MAP(1, 0.1F), ARRAY(NAMED_STRUCT('x', 7)), 1), (2, NULL, NULL, NULL, NULL, NULL)""",
                         "ALTER TABLE {t} ALTER COLUMN s.a TYPE DOUBLE", "ALTER TABLE {t} ALTER COLUMN s.b.c TYPE TIMESTAMP_NTZ",
                         "ALTER TABLE {t} ALTER COLUMN l.element TYPE INT", "ALTER TABLE {t} ALTER COLUMN m.key TYPE BIGINT",
                         "ALTER TABLE {t} ALTER COLUMN m.value TYPE DOUBLE", "ALTER TABLE {t} ALTER COLUMN ls.element.x TYPE BIGINT",
                         "ALTER TABLE {t} ALTER COLUMN p TYPE INT",
                         """INSERT INTO {t} VALUES (3, NAMED_STRUCT('a', 1.5D, 'b', NAMED_STRUCT('c', TIMESTAMP_NTZ '2024-01-01 01:00:00')),
                            ARRAY(70000), MAP(5000000000L, 0.1D), ARRAY(NAMED_STRUCT('x', 5000000000L)), 70000)""")
        self.agree_where(path, ["s.a = 1.5", "s.a < 1.5", "s.a >= 1", "s.b.c > TIMESTAMP_NTZ '2024-01-01 00:30:00'", "p = 70000", "p = 1", "p IS NULL"])
        return f"{self.agree(path)} rows"

    def case_tarn_writes_into_a_widened_table(self):
        path = self.make("written", "CREATE TABLE {t} (id INT, v INT) USING delta TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                         "INSERT INTO {t} VALUES (1, 1), (2, 2)", "ALTER TABLE {t} ALTER COLUMN v TYPE DOUBLE")
        self.tarn.sql(f"INSERT INTO delta.`{path}` VALUES (3, 2.5); UPDATE delta.`{path}` SET v = v + 0.25 WHERE v = 2;"
                      f"DELETE FROM delta.`{path}` WHERE id = 1")
        return f"{self.agree(path)} rows"


VARIANTS = ["""parse_json('{"a": 1, "b": [true, null, 1.50, "x\\\\"y"], "c": {"d": "e", "f": -0.001}}')""", "parse_json('null')", "NULL",
            "parse_json('12345678901234567890.123')", "parse_json('1e300')", "parse_json('9223372036854775807')", "parse_json('\"ü 漢字\"')",
            "parse_json('[]')", "parse_json('{}')", "parse_json('{\"a\": \"not a number\", \"z\": 1}')", "parse_json('[1, [2, [3]]]')",
            "to_variant_object(NAMED_STRUCT('t', TIMESTAMP '2024-02-29 12:34:56.789', 'n', TIMESTAMP_NTZ '2024-02-29 00:00:00', "
            "'d', DATE '1600-01-01', 'x', X'00FF', 'f', 1.5F, 'g', 0.1D, 'dec', CAST(0.05 AS DECIMAL(4,2)), 'z', CAST(0 AS DECIMAL(9,3)), "
            "'big', CAST(12345678901234567890123456789.5 AS DECIMAL(38,4)), 'y', 7Y, 's', -3S))",
            "CAST(true AS VARIANT)", "parse_json('{\"a\": 2, \"b\": [], \"c\": {\"d\": null}}')"]


class Variants(Readers):
    def rows(self, first=0):
        return ", ".join(f"""({first + i}, {v}, ARRAY({v}, NULL), MAP('k', {v}, 'n', NULL), NAMED_STRUCT('v', {v}, 'l', ARRAY(NAMED_STRUCT('w', {v}))))"""
                         for i, v in enumerate(VARIANTS))

    TABLE = """CREATE TABLE {t} (id INT, v VARIANT, l ARRAY<VARIANT>, m MAP<STRING, VARIANT>,
        s STRUCT<v: VARIANT, l: ARRAY<STRUCT<w: VARIANT>>>) USING delta"""

    def case_everywhere(self):
        self.path = self.make("variants", self.TABLE, f"INSERT INTO {{t}} VALUES {self.rows()}", "DELETE FROM {t} WHERE id = 4")
        return f"{self.agree(self.path)} rows"

    def case_printed_as_spark_prints_them(self):
        # Row 1 is a variant that holds a JSON null: DuckDB's reader gives SQL's NULL for it.
        shown = self.tarn.command("sql", "--root", self.tarn.root, "--format", "tsv", "-c",
                                  f"SELECT v FROM delta.`{self.path}` WHERE id IN (0, 2, 3, 5, 6, 11, 12) ORDER BY id").stdout.splitlines()
        wanted = [("NULL" if r.v is None else r.j) for r in spark().sql(
            f"SELECT v, to_json(v) AS j FROM delta.`{self.path}` WHERE id IN (0, 2, 3, 5, 6, 11, 12) ORDER BY id").collect()]
        for mine, theirs in zip(shown, wanted, strict=True):
            equal(mine, theirs, "as text")

    def case_shredded(self):
        conf = spark().conf
        conf.set("spark.sql.variant.writeShredding.enabled", "true")
        for i, schema in enumerate(["a BIGINT, b ARRAY<STRING>, c STRUCT<d: STRING, f: DECIMAL(5,3)>", "a STRING", "t TIMESTAMP, n TIMESTAMP_NTZ, d DATE, x BINARY, g DOUBLE"]):
            conf.set("spark.sql.variant.forceShreddingSchemaForTest", schema)
            try:
                path = self.make(f"shredded{i}", "CREATE TABLE {t} (id INT, v VARIANT, s STRUCT<v: VARIANT>) USING delta TBLPROPERTIES ('delta.enableVariantShredding' = 'true')",
                                 f"INSERT INTO {{t}} SELECT id, v, s FROM (SELECT * FROM VALUES {', '.join(f'({i}, {v}, NAMED_STRUCT({chr(39)}v{chr(39)}, {v}))' for i, v in enumerate(VARIANTS))} AS x(id, v, s))")
            finally:
                conf.unset("spark.sql.variant.forceShreddingSchemaForTest")
            assert all(b"typed_value" in f.read_bytes() for f in path.glob("*.parquet")), "Spark did not shred"
            self.agree(path)
        conf.set("spark.sql.variant.writeShredding.enabled", "false")

    def case_mapped_columns(self):
        path = self.make("mapped", self.TABLE + " TBLPROPERTIES ('delta.columnMapping.mode' = 'id')", f"INSERT INTO {{t}} VALUES {self.rows()}",
                         "ALTER TABLE {t} RENAME COLUMN v TO renamed")
        named = self.make("named", self.TABLE + " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", f"INSERT INTO {{t}} VALUES {self.rows()}",
                          "ALTER TABLE {t} RENAME COLUMN s.v TO renamed", "ALTER TABLE {t} DROP COLUMN l")
        return f"{self.agree(path) + self.agree(named)} rows"

    def case_changed_by_tarn(self):
        """Spark made the table; Tarn copies, deletes and appends."""
        self.tarn.sql(f"DELETE FROM delta.`{self.path}` WHERE id = 0")
        self.tarn.sql(f"CREATE TABLE copied AS SELECT id, v FROM delta.`{self.path}`")
        copied = self.tarn.table_path("default", "copied")
        return f"{self.agree(self.path) + self.agree(copied)} rows"


def rewrite(path, version, change):
    """One commit of a log, edited by hand."""
    commit = path / "_delta_log" / f"{version:020d}.json"
    lines = [json.loads(line) for line in commit.read_text().splitlines()]
    commit.write_text("".join(json.dumps(line) + "\n" for line in change(lines)))
    (commit.parent / f".{commit.name}.crc").unlink(missing_ok=True)


def protocol_of(reader_features, reader=3, writer=7):
    def change(lines):
        for line in lines:
            if "protocol" in line:
                line["protocol"] = {"minReaderVersion": reader, "minWriterVersion": writer, "readerFeatures": reader_features, "writerFeatures": reader_features}
        return lines
    return change


SPECIAL = ["plain", "with space", "a/b", "a=b", "100%", "%41", "a:b", "#hash?", "ü漢字🐉", "it''s \"q\"", "[x]{y}", "a\\\\b", "tab\tx", ".dot", "__HIVE_DEFAULT_PARTITION__x"]


class Logs(Readers):
    """Every form in which a log and its paths come."""

    def grown(self, name, commits=4, properties=""):
        clause = f" TBLPROPERTIES ({properties})" if properties else ""
        return self.make(name, f"CREATE TABLE {{t}} (id INT, s STRING) USING delta{clause}",
                         *(f"INSERT INTO {{t}} VALUES ({i}, 'n{i}')" for i in range(commits - 1)), "DELETE FROM {t} WHERE id = 1")

    def checkpoint(self, path):
        spark()._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark()._jsparkSession, str(path)).checkpoint()

    def without_commits(self, path, below):
        copy = self.home / f"{path.name}_cut"
        shutil.copytree(path, copy)
        for commit in (copy / "_delta_log").glob("*.json"):
            if commit.stem.isdigit() and int(commit.stem) < below:
                commit.unlink()
        return copy

    def case_partition_values_of_every_spelling(self):
        rows = ", ".join(f"({i}, '{value}')" for i, value in enumerate(SPECIAL)) + ", (98, ''), (99, NULL)"
        path = self.make("spelt", "CREATE TABLE {t} (id INT, p STRING) USING delta PARTITIONED BY (p)", f"INSERT INTO {{t}} VALUES {rows}")
        self.agree_where(path, ["p = 'a/b'", "p = '100%'", "p IS NULL", "p > 'a'"])
        return f"{self.agree(path)} rows"

    def case_partitions_of_every_type(self):
        columns = "i INT, b BYTE, l LONG, f FLOAT, d DOUBLE, dec DECIMAL(20,5), bo BOOLEAN, da DATE, ts TIMESTAMP, ntz TIMESTAMP_NTZ, bin BINARY"
        path = self.make("typed", f"CREATE TABLE {{t}} (id INT, {columns}) USING delta PARTITIONED BY (i, b, l, f, d, dec, bo, da, ts, ntz, bin)",
                         """INSERT INTO {t} VALUES (1, -1, 2, 9223372036854775807, 1.5, -0.1D, 12345.67891, true, DATE '0999-12-31',
                            TIMESTAMP '2024-02-29 12:34:56.789012', TIMESTAMP_NTZ '1969-12-31 23:59:59.5', X'4142'),
                            (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                            (3, 0, 0, 0, CAST('NaN' AS FLOAT), CAST('-Infinity' AS DOUBLE), 0, false, DATE '9999-12-31',
                            TIMESTAMP '1970-01-01 00:00:00', TIMESTAMP_NTZ '2024-01-01 00:00:00', X'')""")
        utc = self.home / "typed_utc"
        shutil.copytree(path, utc)
        # As writers with delta.writePartitionTimestampsInUtc spell them, and as others do.
        for version in (1,):
            rewrite(utc, version, lambda lines: [json.loads(json.dumps(line).replace("2024-02-29 12:34:56.789012", "2024-02-29T12:34:56.789012Z")) for line in lines])
        (utc / "_delta_log" / "_last_checkpoint").unlink(missing_ok=True)
        frame = spark_rows(path)
        same_rows(self.tarn.sql(f"SELECT * FROM delta.`{utc}`"), frame.collect(), frame.schema, ("Tarn, with Z", "Spark"))
        return f"{self.agree(path)} rows"

    def case_parquet_as_old_writers_left_it(self):
        conf, count = spark().conf, 0
        rows = """(1, TIMESTAMP '2024-02-29 12:34:56.789012', ARRAY(1, NULL), ARRAY(NAMED_STRUCT('a', 1), NULL), MAP('k', ARRAY(1.5)), 1.50, 1.5),
                  (2, TIMESTAMP '1600-01-01 00:00:00', ARRAY(), NULL, MAP(), -99999999.99, -0.1), (3, NULL, NULL, ARRAY(), NULL, NULL, NULL)"""
        for setting, value in (("spark.sql.parquet.writeLegacyFormat", "true"), ("spark.sql.parquet.outputTimestampType", "INT96"),
                               ("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MILLIS"), ("spark.sql.parquet.compression.codec", "gzip"),
                               ("spark.sql.parquet.compression.codec", "zstd")):
            before = conf.get(setting)
            conf.set(setting, value)
            try:
                path = self.make(f"old{count}", """CREATE TABLE {t} (id INT, ts TIMESTAMP, l ARRAY<INT>, ls ARRAY<STRUCT<a: INT>>, m MAP<STRING, ARRAY<DECIMAL(3,1)>>,
                                 d DECIMAL(10,2), e DECIMAL(30,1)) USING delta""", f"INSERT INTO {{t}} VALUES {rows}")
            finally:
                conf.set(setting, before)
            self.agree(path)
            self.agree_where(path, ["ts > TIMESTAMP '2024-01-01 00:00:00'", "ts < TIMESTAMP '1700-01-01 00:00:00'", "d = 1.5", "e < 0"])
            count += 1
        return f"{count} settings"

    def case_void_columns(self):
        path = self.make("void", "CREATE TABLE {t} (id INT, v VOID, s STRUCT<a: INT, w: VOID>) USING delta",
                         "INSERT INTO {t} (id) VALUES (1)")
        return f"{self.agree(path)} rows"

    def case_checkpoints_of_every_form(self):
        conf, count = spark().conf, 0
        forms = {"classic": "", "v2": "'delta.checkpointPolicy' = 'v2'", "parts": "", "structs": "'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false'"}
        for name, properties in forms.items():
            path = self.grown(f"checkpoint_{name}", 5, properties)
            if name == "parts":
                conf.set("spark.databricks.delta.checkpoint.partSize", "1")
            self.checkpoint(path)
            conf.unset("spark.databricks.delta.checkpoint.partSize")
            frame = spark_rows(path)
            cut = self.without_commits(path, 6)
            same_rows(self.tarn.sql(f"SELECT * FROM delta.`{cut}`"), frame.collect(), frame.schema, (f"Tarn from {name}", "Spark"))
            # A hint that is damaged or lies is not believed.
            for hint in ("", "{", '{"version":3,"size":1}', '{"version":9999,"size":1}'):
                (cut / "_delta_log" / "_last_checkpoint").write_text(hint)
                same_rows(self.tarn.sql(f"SELECT * FROM delta.`{cut}`"), frame.collect(), frame.schema, (f"Tarn from {name}, hint {hint!r}", "Spark"))
            count += 1
        names = {f.name for f in (self.home / "checkpoint_parts" / "_delta_log").glob("*.checkpoint.*.parquet")}
        assert len(names) > 1, f"no checkpoint of several parts: {names}"
        assert list((self.home / "checkpoint_v2" / "_delta_log" / "_sidecars").glob("*")), "no sidecar"
        return f"{count} forms"

    def case_compacted_commits_are_not_read(self):
        path = self.grown("compacted", 5)
        log = path / "_delta_log"
        # All of it, with an add that was removed later still in it: Spark itself would return that row.
        text = "".join((log / f"{v:020d}.json").read_text() for v in range(1, 5))
        (log / f"{1:020d}.{4:020d}.compacted.json").write_text(text)
        frame = spark().sql(f"SELECT * FROM VALUES (0, 'n0'), (2, 'n2'), (3, 'n3') AS t(id, s)")
        return f"{same_rows(self.tarn.sql(f'SELECT * FROM delta.`{path}`'), frame.collect(), frame.schema, ('Tarn', 'what was inserted'))} rows"

    def case_absolute_paths_of_a_shallow_clone(self):
        source = self.make("source folder %41", "CREATE TABLE {t} (id INT, p STRING) USING delta PARTITIONED BY (p)", "INSERT INTO {t} VALUES (1, 'a b'), (2, '%20')")
        clone = self.make("clone", f"CREATE TABLE {{t}} SHALLOW CLONE delta.`{source}`", "INSERT INTO {t} VALUES (3, 'own')", "DELETE FROM {t} WHERE id = 1")
        return f"{self.agree(clone, [0, 1])} rows"

    def case_mapped_and_renamed(self):
        for mode in ("name", "id"):
            path = self.make(f"mapped_{mode}", f"""CREATE TABLE {{t}} (id INT, at TIMESTAMP_NTZ, s STRUCT<a: INT, b: STRING>, l ARRAY<STRUCT<x: INT>>, p DATE)
                             USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = '{mode}')""",
                             "INSERT INTO {t} VALUES (1, TIMESTAMP_NTZ '2024-01-01 00:00:00.5', NAMED_STRUCT('a', 1, 'b', 'x'), ARRAY(NAMED_STRUCT('x', 1)), DATE '2024-01-01')",
                             "ALTER TABLE {t} RENAME COLUMN at TO seen", "ALTER TABLE {t} RENAME COLUMN s.a TO b2", "ALTER TABLE {t} RENAME COLUMN p TO day",
                             "ALTER TABLE {t} DROP COLUMN s.b", "ALTER TABLE {t} ADD COLUMN at STRING",
                             "INSERT INTO {t} VALUES (2, TIMESTAMP_NTZ '2024-01-02 00:00:00', NAMED_STRUCT('b2', 2), ARRAY(NAMED_STRUCT('x', 2)), DATE '2024-01-02', 'new')")
            self.agree(path, [1, 3])
            self.agree_where(path, ["seen > TIMESTAMP_NTZ '2024-01-01 12:00:00'", "s.b2 = 1", "day = DATE '2024-01-02'", "at IS NULL"])

    def case_time_travel_to_the_millisecond(self):
        for name, properties in (("plain", ""), ("incommit", "'delta.enableInCommitTimestamps' = 'true'")):
            path = self.grown(f"times_{name}", 5, properties)
            history = sorted((r.version, r.timestamp) for r in spark().sql(f"DESCRIBE HISTORY delta.`{path}`").collect())
            if name == "incommit":  # the files' own times must not count
                import os
                for commit in (path / "_delta_log").glob("*.json"):
                    os.utime(commit, (1, 1))
            for version, at in history:
                shown = self.tarn.value(f"SELECT COUNT(*) AS n FROM delta.`{path}` TIMESTAMP AS OF '{at.isoformat(sep=' ', timespec='milliseconds')}'")
                equal(shown, spark_rows(path, version).count(), f"{name} at {at}")
            first, last = history[0][1], history[-1][1]
            self.refused(path, "DELTA_TIMESTAMP_GREATER_THAN_COMMIT", f" TIMESTAMP AS OF '{last.year + 1}-01-01'")
            self.refused(path, "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION", f" TIMESTAMP AS OF '{first.year - 1}-01-01'")
            self.refused(path, "DELTA_VERSION_NOT_FOUND", f" VERSION AS OF {history[-1][0] + 1}")
            equal(self.tarn.value(f"SELECT COUNT(*) AS n FROM delta.`{path}@v2`"), spark_rows(path, 2).count(), "@v2")
            cut = self.home / f"times_{name}_cut"
            shutil.copytree(path, cut)
            self.checkpoint(cut)
            for version in (0, 1):  # Spark's own clean-up may have been faster
                (cut / "_delta_log" / f"{version:020d}.json").unlink(missing_ok=True)
            self.refused(cut, "DELTA_VERSION_NOT_FOUND", " VERSION AS OF 1")


class Broken(Readers):
    """What must not be read says so by name."""

    def table(self, name, *more):
        return self.make(name, "CREATE TABLE {t} (id INT) USING delta", "INSERT INTO {t} VALUES (1)", "INSERT INTO {t} VALUES (2)", *more)

    def case_gaps_and_missing_actions(self):
        path = self.table("gap")
        (path / "_delta_log" / f"{1:020d}.json").unlink()
        self.refused(path, "DELTA_VERSIONS_NOT_CONTIGUOUS")
        for action in ("protocol", "metaData"):
            path = self.table(f"without_{action}")
            rewrite(path, 0, lambda lines, action=action: [line for line in lines if action not in line])
            self.refused(path, "DELTA_STATE_RECOVER_ERROR")
        empty = self.home / "no_log"
        empty.mkdir()
        self.refused(empty, "DELTA_MISSING_DELTA_TABLE")

    def case_features_that_are_not_known(self):
        for feature in ("fancyFeature", "catalogManaged", "catalogOwned-preview", "geospatial"):
            path = self.table(f"feature_{feature}")
            rewrite(path, 0, protocol_of([feature]))
            assert feature in self.refused(path, "DELTA_UNSUPPORTED_FEATURES_FOR_READ"), "the feature is not named"
        path = self.table("future")
        rewrite(path, 0, protocol_of([], 99, 99))
        self.refused(path, "DELTA_INVALID_PROTOCOL_VERSION")

    def case_types_that_are_not_known(self):
        path = self.table("typed")
        rewrite(path, 0, lambda lines: [json.loads(json.dumps(line).replace('\\"integer\\"', '\\"geometry(OGC:CRS84)\\"')) for line in lines])
        assert "geometry" in self.refused(path, "DELTA_UNSUPPORTED_DATA_TYPES")

    def case_files_that_are_gone(self):
        path = self.table("gone")
        next(path.glob("*.parquet")).unlink()
        self.refused(path, "FAILED_READ_FILE.FILE_NOT_EXIST")
        equal(self.tarn.value(f"SELECT COUNT(*) AS n FROM delta.`{path}`"), 2, "the log still knows how many rows there were")

    def case_no_columns(self):
        path = self.make("bare", "CREATE TABLE {t} USING delta")
        self.refused(path, "DELTA_READ_TABLE_WITHOUT_COLUMNS")

    def case_damaged_text(self):
        path = self.table("damaged")
        commit = path / "_delta_log" / f"{1:020d}.json"
        commit.write_text(commit.read_text()[:-20])
        self.refused(path, "DELTA_CORRUPT_LOG")


GROUPS = [TypeWidening, Variants, Logs, Broken]
