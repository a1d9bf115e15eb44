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


GROUPS = [TypeWidening, Variants]
