"""Table features that concern writers: made by one side, written by both, the rule enforced by both."""
import json

import pyarrow.parquet as pq

from harness import Tarn, delta_rs_rows, equal, same_everywhere, same_rows, spark, spark_rows


def spark_refuses(statement, wanted):
    try:
        spark().sql(statement).collect()
    except Exception as error:  # Spark's classes differ by rule
        assert wanted in str(error), f"Spark refused {statement!r} with {str(error)[:300]}, not {wanted}"
        return
    raise AssertionError(f"Spark accepted {statement!r}")


def spark_creates(path, columns, partitioned_by=()):
    """A table by Delta's builder, which has what Spark's SQL lacks: columns are (name, type, how they come by their values)."""
    session = spark()
    api = session._jvm.io.delta.tables.DeltaTable
    builder = api.create(session._jsparkSession).location(str(path))
    for name, kind, *how in columns:
        column = api.columnBuilder(session._jsparkSession, name).dataType(kind)
        if how:
            column = getattr(column, how[0])(*how[1:])
        builder = builder.addColumn(column.build())
    names = session._sc._gateway.new_array(session._jvm.java.lang.String, len(partitioned_by))
    for i, name in enumerate(partitioned_by):
        names[i] = name
    if partitioned_by:
        builder = builder.partitionedBy(names)
    builder.execute()


class Features:

    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def tarn_refuses(self, statement, wanted):
        done = self.tarn.command("sql", "--root", self.tarn.root, "-c", statement, check=False)
        assert done.returncode != 0 and wanted in done.stderr, f"Tarn: {statement!r}: exit {done.returncode}, {done.stderr[:300]}"

    def both_refuse(self, statement, wanted, spark_wanted=None):
        self.tarn_refuses(statement, wanted)
        spark_refuses(statement, spark_wanted or wanted)

    def makers(self, name, definition):
        """The table's name and place, made by each side in turn."""
        for maker in ("tarn", "spark"):
            path = self.home / f"{name}_{maker}"
            table = f"delta.`{path}`"
            statement = f"CREATE TABLE {table} {definition.replace('USING delta', '')}" if maker == "tarn" else f"CREATE TABLE {table} {definition}"
            if maker == "tarn":
                self.tarn.sql(statement)
            else:
                spark().sql(statement)
            yield table, path

    def agree(self, table, path):
        return same_everywhere(self.tarn, table, path, delta_rs=False)

    def changes(self, path, version):
        frame = (spark().read.format("delta").option("readChangeFeed", "true").option("startingVersion", version)
                 .option("endingVersion", version).load(str(path)))
        return sorted(((r["_change_type"], r["id"], r["v"]) for r in frame.collect()), key=str)

    def version(self, path):
        return max(int(p.stem) for p in (path / "_delta_log").glob("*.json") if p.stem.isdigit())

    def row_ids(self, path):
        rows = spark_rows(path).selectExpr("id", "_metadata.row_id", "_metadata.row_commit_version").collect()
        return {r["id"]: (r["row_id"], r["row_commit_version"]) for r in rows}

    def features(self, table):
        return set(spark().sql(f"DESCRIBE DETAIL {table}").collect()[0]["tableFeatures"])


class WriterFeatures(Features):
    """Every case runs with tables made by Tarn and by Spark."""

    def case_check_constraints(self):
        for table, path in self.makers("checks", "(id INT NOT NULL, n INT, s STRUCT<x: INT>) USING delta"):
            self.tarn.sql(f"ALTER TABLE {table} ADD CONSTRAINT positive CHECK (n > 0)")
            spark().sql(f"ALTER TABLE {table} ADD CONSTRAINT inner_ CHECK (s.x < 10 OR s IS NULL)")
            self.tarn.sql(f"INSERT INTO {table} VALUES (1, 1, NAMED_STRUCT('x', 1))")
            spark().sql(f"INSERT INTO {table} VALUES (2, 2, NULL)")
            wanted = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
            for values in ("(3, 0, NULL)", "(3, NULL, NULL)", "(3, 1, NAMED_STRUCT('x', 10))"):
                self.both_refuse(f"INSERT INTO {table} VALUES {values}", wanted)
            self.both_refuse(f"INSERT INTO {table} VALUES (NULL, 1, NULL)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED")
            self.both_refuse(f"UPDATE {table} SET n = n - 1", wanted)
            self.both_refuse(f"MERGE INTO {table} t USING (SELECT 9 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, -1)", wanted)
            self.both_refuse(f"ALTER TABLE {table} ADD CONSTRAINT late CHECK (n > 1)", "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION")
            self.tarn.sql(f"ALTER TABLE {table} DROP CONSTRAINT inner_")
            spark().sql(f"INSERT INTO {table} VALUES (4, 1, NAMED_STRUCT('x', 10))")
            self.tarn.sql(f"INSERT INTO {table} VALUES (5, 1, NAMED_STRUCT('x', 10))")
            equal(self.agree(table, path), 4)

    def case_column_invariants(self):
        """Rules in a column's metadata: no SQL makes them any more, old tables have them."""
        from pyspark.sql import types as T
        path = self.home / "invariants"
        rule = {"delta.invariants": '{"expression": {"expression": "a > 3"}}'}
        schema = T.StructType([T.StructField("a", T.IntegerType(), True, rule), T.StructField("b", T.StringType())])
        spark().createDataFrame([(4, "x")], schema).write.format("delta").save(str(path))
        table = f"delta.`{path}`"
        self.both_refuse(f"INSERT INTO {table} VALUES (3, 'y')", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES")
        self.tarn.sql(f"INSERT INTO {table} VALUES (5, 'y')")
        equal(self.agree(table, path), 2)

    def case_defaults(self):
        definition = "(id INT, n INT DEFAULT 3 + 4, s STRING DEFAULT 'it''s') USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"
        for table, path in self.makers("defaults", definition):
            for who, first in ((self.tarn.sql, 1), (spark().sql, 11)):
                who(f"INSERT INTO {table} (id) VALUES ({first})")
                who(f"INSERT INTO {table} VALUES ({first + 1}, DEFAULT, 'given'), ({first + 2}, NULL, DEFAULT)")
                who(f"UPDATE {table} SET s = DEFAULT WHERE id = {first + 1}")
                who(f"MERGE INTO {table} t USING (SELECT {first + 3} AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)")
            rows = {r.id: (r.n, r.s) for r in spark_rows(path).collect()}
            for first in (1, 11):
                equal([rows[first + i] for i in range(4)], [(7, "it's"), (7, "it's"), (None, "it's"), (7, "it's")])
            self.tarn.sql(f"ALTER TABLE {table} ALTER COLUMN n SET DEFAULT 100")
            spark().sql(f"INSERT INTO {table} (id) VALUES (21)")
            spark().sql(f"ALTER TABLE {table} ALTER COLUMN s DROP DEFAULT")
            self.tarn.sql(f"INSERT INTO {table} (id) VALUES (22)")
            rows = {r.id: (r.n, r.s) for r in spark_rows(path).collect()}
            equal((rows[21], rows[22]), ((100, "it's"), (100, None)))
            self.agree(table, path)

    def case_generated_columns(self):
        """Spark's SQL does not make them: its tables come from the DeltaTable builder."""
        tarn_path, spark_path = self.home / "generated_tarn", self.home / "generated_spark"
        self.tarn.sql(f"""CREATE TABLE delta.`{tarn_path}` (id INT, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)),
            label STRING GENERATED ALWAYS AS (CONCAT('n', CAST(id AS STRING)))) PARTITIONED BY (day)""")
        spark_creates(spark_path, [("id", "INT"), ("at", "TIMESTAMP"), ("day", "DATE", "generatedAlwaysAs", "CAST(at AS DATE)"),
                                   ("label", "STRING", "generatedAlwaysAs", "CONCAT('n', CAST(id AS STRING))")], ["day"])
        for path in (tarn_path, spark_path):
            table = f"delta.`{path}`"
            for who, first in ((self.tarn.sql, 1), (spark().sql, 11)):
                who(f"INSERT INTO {table} (id, at) VALUES ({first}, TIMESTAMP '2024-02-29 12:00:00'), ({first + 1}, NULL)")
                who(f"UPDATE {table} SET at = TIMESTAMP '2024-03-01 01:00:00' WHERE id = {first}")
                who(f"""MERGE INTO {table} t USING (SELECT {first + 1} AS id UNION ALL SELECT {first + 2}) s ON t.id = s.id
                    WHEN MATCHED THEN UPDATE SET id = t.id + 100 WHEN NOT MATCHED THEN INSERT (id, at) VALUES (s.id, TIMESTAMP '2020-01-01 00:00:00')""")
            wanted = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
            self.both_refuse(f"INSERT INTO {table} VALUES (5, TIMESTAMP '2024-02-29 12:00:00', DATE '2024-02-28', 'n5')", wanted)
            self.tarn.sql(f"INSERT INTO {table} VALUES (6, TIMESTAMP '2024-02-29 12:00:00', DATE '2024-02-29', 'n6')")
            rows = {r.id: (r.label, str(r.day)) for r in spark_rows(path).collect()}
            for first in (1, 11):
                equal((rows[first], rows[first + 101], rows[first + 2]),
                      ((f"n{first}", "2024-03-01"), (f"n{first + 101}", "None"), (f"n{first + 2}", "2020-01-01")))
            self.agree(table, path)

    def case_identity_columns(self):
        tarn_path, spark_path = self.home / "identity_tarn", self.home / "identity_spark"
        self.tarn.sql(f"""CREATE TABLE delta.`{tarn_path}` (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5),
            back BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1), n INT)""")
        spark_creates(spark_path, [("id", "BIGINT", "generatedAlwaysAsIdentity", 10, 5), ("back", "BIGINT", "generatedByDefaultAsIdentity", 1, -1),
                                   ("n", "INT")])
        for path in (tarn_path, spark_path):
            table = f"delta.`{path}`"
            for round_ in range(2):
                self.tarn.sql(f"INSERT INTO {table} (n) SELECT CAST(id AS INT) FROM RANGE(100)")
                spark().sql(f"INSERT INTO {table} (n) VALUES (1000), (1001)")
            self.tarn.sql(f"MERGE INTO {table} t USING (SELECT 5000 AS n) s ON t.n = s.n WHEN NOT MATCHED THEN INSERT (n) VALUES (s.n)")
            rows = spark_rows(path).collect()
            equal(len(rows), 205)
            equal(len({r.id for r in rows}), 205, "distinct ids")
            equal(len({r.back for r in rows}), 205, "distinct descending ids")
            assert all(r.id >= 10 and r.id % 5 == 0 and r.back <= 1 for r in rows)
            self.both_refuse(f"INSERT INTO {table} (id, n) VALUES (1, 1)", "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED")
            self.both_refuse(f"UPDATE {table} SET id = 1", "DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED")
            self.tarn.sql(f"INSERT INTO {table} (back, n) VALUES (-100000, 1)")
            self.tarn.sql(f"ALTER TABLE {table} ALTER COLUMN back SYNC IDENTITY")
            spark().sql(f"INSERT INTO {table} (n) VALUES (77)")
            (row,) = spark_rows(path).where("n = 77 AND back < 0").orderBy("back").limit(1).collect()
            assert row.back < -100000, row
            self.agree(table, path)

    def case_char_and_varchar(self):
        for table, path in self.makers("texts", "(id INT, v VARCHAR(3), c CHAR(3), a ARRAY<VARCHAR(2)>, s STRUCT<x: VARCHAR(2)>) USING delta"):
            self.tarn.sql(f"INSERT INTO {table} VALUES (1, 'abc', 'a', ARRAY('xx', NULL), NAMED_STRUCT('x', 'yy')), (2, 'ab   ', 'abc  ', NULL, NULL)")
            spark().sql(f"INSERT INTO {table} VALUES (3, 'abc', 'a', ARRAY('xx', NULL), NAMED_STRUCT('x', 'yy')), (4, 'ab ', 'abc', NULL, NULL)")
            for values in ("('abcd', 'a', NULL, NULL)", "('a', 'abcd', NULL, NULL)", "('a', 'a', ARRAY('xxx'), NULL)", "('a', 'a', NULL, NAMED_STRUCT('x', 'yyy'))"):
                self.both_refuse(f"INSERT INTO {table} SELECT 9, * FROM VALUES {values}", "DELTA_EXCEED_CHAR_VARCHAR_LIMIT", "LIMIT")
            # Spark stores a CHAR as it comes and fills it up when it reads; Tarn fills it up when it writes, too.
            rows = self.tarn.sql(f"SELECT id, v, c FROM {table} ORDER BY id")
            equal([(r["v"], r["c"]) for r in rows[:2]], [(r["v"], r["c"]) for r in rows[2:]], "what Spark stored")
            equal([r.c for r in spark_rows(path).orderBy("id").collect()], [r["c"] for r in rows], "what Spark reads")

    def case_char_comparisons(self):
        """Rows of both makers in the same tables, files with and without the blanks: every query answers as Spark does."""
        conditions = ["c = 'cd'", "c = 'cd        '", "'cd' = c", "c IN ('cd', 'abcde')", "c IN ('cd', 'abcdefgh')", "c NOT IN ('cd')", "c <=> 'cd'", "c <> 'cd'",
                      "c < 'cd'", "c <= 'cd'", "c > 'cd'", "c >= 'cd'", "c = s", "c = v", "c LIKE 'cd'", "c IN ('cd', NULL)", "c = ''",
                      "c = concat('c', 'd')", "CASE c WHEN 'cd' THEN true END", "nvl(c, 'x') = 'cd'", "st.c = 'cd'", "st.c = 'cd   '", "ar[0] = 'cd '", "m['k  '] = 'cd '",
                      "p = 'cd'", "p IN ('ab', 'x')", "p <> 'cd'", "p = c", "p < c"]
        values = ["cd", "cd ", "ab", "abcde", "", "x", " cd"]
        rows = ", ".join(f"({{}} + {i}, '{v}', '{v}', '{v}', NAMED_STRUCT('c', '{v}'), ARRAY('{v[:3]}'), MAP('k', '{v[:3]}'), '{v[:3] or 'z'}')" for i, v in enumerate(values))
        columns = "(id INT, c CHAR(5), v VARCHAR(5), s STRING, st STRUCT<c: CHAR(5)>, ar ARRAY<CHAR(3)>, m MAP<CHAR(3), CHAR(3)>, p CHAR(3)) USING delta"
        for table, path in self.makers("chars", columns + " PARTITIONED BY (p)"):
            self.tarn.sql(f"INSERT INTO {table} VALUES {rows.format(*[0] * 7)}, (50, NULL, NULL, NULL, NULL, NULL, NULL, NULL)")
            spark().sql(f"INSERT INTO {table} VALUES {rows.format(*[100] * 7)}")  # Partitions make it a file a row: bounds of raw values.
            def agree(query):
                ours = [tuple(r.values()) for r in self.tarn.sql(query)]
                equal(sorted(ours, key=repr), sorted((tuple(r) for r in spark().sql(query).collect()), key=repr), query)
            agree(" UNION ALL ".join(f"SELECT {i} AS n, id FROM {table} WHERE {condition}" for i, condition in enumerate(conditions)))
            agree(f"SELECT id, {', '.join(f'{condition} AS c{i}' for i, condition in enumerate(conditions))} FROM {table}")
            for query in ("SELECT id, c, length(c), st.c AS sc, ar[0] AS x, m['k  '] AS y, p, length(p) AS l FROM {t}", "SELECT c, p, count(*) AS n FROM {t} GROUP BY c, p",
                          "SELECT a.id, b.id AS o FROM {t} AS a JOIN {t} AS b ON a.c = b.p", "SELECT a.id, b.id AS o FROM {t} AS a LEFT JOIN {t} AS b ON a.c = b.p AND b.c = 'cd'",
                          "SELECT id FROM {t} AS a WHERE EXISTS (SELECT 1 FROM {t} AS b WHERE b.p = a.c)", "SELECT id FROM {t} WHERE c IN (SELECT p FROM {t})",
                          "SELECT k FROM (SELECT c AS k FROM {t} UNION ALL SELECT p FROM {t}) WHERE k = 'cd'", "SELECT max(c) AS m FROM {t} WHERE p = 'cd'"):
                agree(query.format(t=table))
            gone = self.tarn.value(f"DELETE FROM {table} WHERE c = 'cd' AND p = 'cd'")
            equal(gone, 4, "rows of both makers")
            agree(f"SELECT id, c FROM {table}")

    # ---- change data feed

    def case_change_data_feed(self):
        """Spark's readChangeFeed tells what Tarn's statements did, with deletion vectors and with rewritten files, partitioned and mapped."""
        for kind, clause, properties in (("plain", "", ""), ("rewriting", "", ", 'delta.enableDeletionVectors' = 'false'"),
                                         ("partitioned", "PARTITIONED BY (p)", ""), ("mapped", "", ", 'delta.columnMapping.mode' = 'name'")):
            path = self.home / f"feed_{kind}"
            table = f"delta.`{path}`"
            self.tarn.sql(f"CREATE TABLE {table} (id INT, v STRING, p INT) {clause} TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true'{properties})")
            self.tarn.sql(f"INSERT INTO {table} VALUES (1, 'a', 0), (2, 'b', 1), (3, 'c', 0), (4, 'd', 1), (5, 'e', 0)")
            equal([c[0] for c in self.changes(path, 1)], ["insert"] * 5)
            self.tarn.sql(f"UPDATE {table} SET v = 'x' WHERE id <= 2")
            equal(self.changes(path, 2), [("update_postimage", 1, "x"), ("update_postimage", 2, "x"), ("update_preimage", 1, "a"), ("update_preimage", 2, "b")])
            self.tarn.sql(f"DELETE FROM {table} WHERE id = 3")
            equal(self.changes(path, 3), [("delete", 3, "c")])
            self.tarn.sql(f"""MERGE INTO {table} t USING (SELECT 1 AS id, 'm' AS v UNION ALL SELECT 4, 'gone' UNION ALL SELECT 9, 'new') s ON t.id = s.id
                WHEN MATCHED AND s.v = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, s.v, 0)""")
            equal(self.changes(path, 4), [("delete", 4, "d"), ("insert", 9, "new"), ("update_postimage", 1, "m"), ("update_preimage", 1, "x")])
            self.tarn.sql(f"INSERT INTO {table} REPLACE WHERE id < 3 SELECT 2, 'again', 1")
            equal(self.changes(path, 5), [("delete", 1, "m"), ("delete", 2, "x"), ("insert", 2, "again")])
            self.tarn.sql(f"INSERT OVERWRITE {table} VALUES (7, 'only', 0)")
            equal([c[0] for c in self.changes(path, 6)], ["delete"] * 3 + ["insert"])
            spark().sql(f"UPDATE {table} SET v = 'spark' WHERE id = 7")
            self.tarn.sql(f"INSERT INTO {table} VALUES (8, 'last', 1)")
            equal(self.agree(table, path), 2)

    # ---- row tracking

    def case_row_tracking(self):
        for kind, properties in (("plain", ""), ("rewriting", ", 'delta.enableDeletionVectors' = 'false'")):
            path = self.home / f"tracked_{kind}"
            table = f"delta.`{path}`"
            self.tarn.sql(f"CREATE TABLE {table} (id INT, v STRING) TBLPROPERTIES ('delta.enableRowTracking' = 'true'{properties})")
            self.tarn.sql(f"INSERT INTO {table} SELECT CAST(id AS INT), 'a' FROM RANGE(10)")
            first = self.row_ids(path)
            equal(sorted(i for i, _ in first.values()), list(range(10)))
            self.tarn.sql(f"UPDATE {table} SET v = 'b' WHERE id = 3")
            second = self.row_ids(path)
            equal({k: v[0] for k, v in second.items()}, {k: v[0] for k, v in first.items()}, "row ids after UPDATE")
            equal((second[3][1], second[4][1]), (2, 1), "commit versions after UPDATE")
            self.tarn.sql(f"MERGE INTO {table} t USING (SELECT 3 AS id UNION ALL SELECT 4 UNION ALL SELECT 50) s ON t.id = s.id "
                          "WHEN MATCHED THEN UPDATE SET v = 'c' WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 'new')")
            third = self.row_ids(path)
            equal({k: third[k][0] for k in first}, {k: v[0] for k, v in first.items()}, "row ids after MERGE")
            assert third[50][0] not in {v[0] for v in first.values()}
            equal((third[3][1], third[4][1], third[5][1]), (3, 3, 1))
            spark().sql(f"UPDATE {table} SET v = 'spark' WHERE id IN (4, 5)")
            self.tarn.sql(f"DELETE FROM {table} WHERE id = 6")
            spark().sql(f"OPTIMIZE {table}")
            self.tarn.sql(f"UPDATE {table} SET v = 'again' WHERE id = 5")
            last = self.row_ids(path)
            equal({k: last[k][0] for k in third if k != 6}, {k: v[0] for k, v in third.items() if k != 6}, "row ids at the end")
            self.tarn.sql(f"OPTIMIZE {table}")
            equal(self.row_ids(path), last, "after OPTIMIZE: it changes no row")
            own = self.tarn.sql(f"SELECT id, _metadata.row_id, _metadata.row_commit_version FROM {table}")
            equal({r["id"]: (r["row_id"], r["row_commit_version"]) for r in own}, last, "as Tarn shows them")
            self.tarn.sql(f"DELETE FROM {table} WHERE id = 7")
            self.tarn.sql(f"REORG TABLE {table} APPLY (PURGE)")
            equal(self.row_ids(path), {k: v for k, v in last.items() if k != 7}, "after REORG")
            self.agree(table, path)


class TableFeatures(Features):
    """Properties, clustering, types: what ALTER TABLE does to a table that both sides use."""

    def case_properties_and_protocol(self):
        """Both sides end at the same protocol for the same properties, set when the table is made or later."""
        for number, properties in enumerate(("'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5'", "'delta.minWriterVersion' = '3'",
                                             "'delta.feature.rowTracking' = 'supported'", "'delta.enableInCommitTimestamps' = 'true'",
                                             "'delta.enableTypeWidening' = 'true', 'delta.columnMapping.mode' = 'name'")):
            protocols = []
            for maker in ("tarn", "spark"):
                for late in (False, True):
                    table = f"delta.`{self.home / f'protocol_{number}_{maker}_{late}'}`"
                    run = self.tarn.sql if maker == "tarn" else spark().sql
                    using = "" if maker == "tarn" else "USING delta"
                    plain = "'delta.enableDeletionVectors' = 'false'"
                    run(f"CREATE TABLE {table} (id INT) {using} TBLPROPERTIES ({plain}{'' if late else ', ' + properties})")
                    if late:
                        run(f"ALTER TABLE {table} SET TBLPROPERTIES ({properties})")
                    self.tarn.sql(f"INSERT INTO {table} VALUES (1)")
                    spark().sql(f"INSERT INTO {table} VALUES (2)")
                    detail = spark().sql(f"DESCRIBE DETAIL {table}").collect()[0]
                    protocols.append((detail["minReaderVersion"], detail["minWriterVersion"], sorted(detail["tableFeatures"])))
            assert all(p == protocols[0] for p in protocols), f"{properties}: {protocols}"
        self.both_refuse(f"CREATE TABLE delta.`{self.home}/bad` (id INT) USING delta TBLPROPERTIES ('delta.noSuchThing' = '1')", "DELTA_UNKNOWN_CONFIGURATION")
        self.both_refuse(f"CREATE TABLE delta.`{self.home}/bad` (id INT) USING delta TBLPROPERTIES ('delta.feature.noSuchThing' = 'supported')",
                         "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG")

    def case_columns_with_statistics(self):
        """delta.dataSkippingStatsColumns: both sides measure the same columns, and name them anew when they are renamed."""
        for mapping in ("none", "name"):
            path = self.home / f"measured_{mapping}"
            table = f"delta.`{path}`"
            odd = "`o.d`" if mapping == "name" else "o"
            spark().sql(f"""CREATE TABLE {table} (a INT, b STRING, s STRUCT<x: INT, y: STRING>, p INT, {odd} INT) USING delta PARTITIONED BY (p)
                TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'b, s.x, {odd}', 'delta.columnMapping.mode' = '{mapping}')""")
            values = "(1, 'b', named_struct('x', 2, 'y', 'y'), 3, 4)"
            self.tarn.sql(f"INSERT INTO {table} VALUES {values}")
            spark().sql(f"INSERT INTO {table} VALUES {values}")
            if mapping == "name":
                self.tarn.sql(f"ALTER TABLE {table} RENAME COLUMN s TO t; ALTER TABLE {table} DROP COLUMN b; ALTER TABLE {table} SET TBLPROPERTIES ('delta.dataSkippingStringPrefixLength' = '5')")
                equal(spark().sql(f"SHOW TBLPROPERTIES {table} ('delta.dataSkippingStatsColumns')").collect()[0]["value"], "t.x,`o.d`")
                values = "(1, named_struct('x', 2, 'y', 'y'), 3, 4)"
                self.tarn.sql(f"INSERT INTO {table} VALUES {values}")
                spark().sql(f"INSERT INTO {table} VALUES {values}")
            adds = [json.loads(line)["add"]["stats"] for file in sorted((path / "_delta_log").glob("*.json"))
                    for line in file.read_text().splitlines() if '"add"' in line]
            for ours, theirs in zip(adds[::2], adds[1::2]):
                ours, theirs = json.loads(ours), json.loads(theirs)
                for part in ("minValues", "maxValues", "nullCount"):
                    equal(ours[part], theirs[part])
            self.both_refuse(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'none')", "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA")
            self.both_refuse(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'p')",
                             "DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN")

    def case_codecs(self):
        """delta.parquet.compression.codec: the files say it, and others read them."""
        for codec, inside in (("zstd", "ZSTD"), ("lz4", "LZ4"), ("gzip", "GZIP"), ("uncompressed", "UNCOMPRESSED"), ("snappy", "SNAPPY")):
            path = self.home / f"packed_{codec}"
            self.tarn.sql(f"CREATE TABLE delta.`{path}` TBLPROPERTIES ('delta.parquet.compression.codec' = '{codec}') AS SELECT id, 'x' AS v FROM range(10000)")
            equal({pq.ParquetFile(f).metadata.row_group(0).column(0).compression for f in path.glob("*.parquet")}, {inside})
            frame = spark_rows(path)
            same_rows(self.tarn.sql(f"SELECT * FROM delta.`{path}`"), frame.collect(), frame.schema, ("Tarn", "Spark"))
            equal(len(delta_rs_rows(path)), 10000)

    def case_features_switched_on_later(self):
        """Row tracking (with the files' first ids), commit times, a change feed and mapped columns on a table that has rows."""
        path = self.home / "late"
        table = f"delta.`{path}`"
        self.tarn.sql(f"CREATE TABLE {table} (id INT, v STRING)")
        self.tarn.sql(f"INSERT INTO {table} VALUES (1, 'a'), (2, 'b')")
        spark().sql(f"INSERT INTO {table} VALUES (3, 'c')")
        self.tarn.sql(f"""ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true',
            'delta.enableChangeDataFeed' = 'true', 'delta.columnMapping.mode' = 'name')""")
        first = self.row_ids(path)
        equal(sorted(i for i, _ in first.values()), [0, 1, 2])
        spark().sql(f"INSERT INTO {table} VALUES (4, 'd')")
        self.tarn.sql(f"UPDATE {table} SET v = 'x' WHERE id IN (1, 4)")
        last = self.row_ids(path)
        equal({k: last[k][0] for k in first}, {k: v[0] for k, v in first.items()})
        version = self.version(path)
        equal([c[:2] for c in self.changes(path, version)], [("update_postimage", 1), ("update_postimage", 4), ("update_preimage", 1), ("update_preimage", 4)])
        when = spark().sql(f"DESCRIBE HISTORY {table}").collect()
        times = [r["timestamp"] for r in sorted(when, key=lambda r: r["version"])]
        assert times == sorted(times), times
        self.tarn.sql(f"ALTER TABLE {table} RENAME COLUMN v TO w")
        equal(self.agree(table, path), 4)

    def case_clustering(self):
        for table, path in self.makers("clustered", "(id INT, s STRUCT<day: DATE>, v STRING) USING delta CLUSTER BY (id, s.day)"):
            for first in range(0, 40, 10):
                (self.tarn.sql if first % 20 else spark().sql)(f"INSERT INTO {table} SELECT CAST(id AS INT), NAMED_STRUCT('day', DATE '2024-01-01'), 'x' FROM RANGE({first}, {first + 10})")
            equal(spark().sql(f"DESCRIBE DETAIL {table}").collect()[0]["clusteringColumns"], ["id", "s.day"])
            self.tarn.sql(f"ALTER TABLE {table} CLUSTER BY (v)")
            equal(spark().sql(f"DESCRIBE DETAIL {table}").collect()[0]["clusteringColumns"], ["v"])
            spark().sql(f"OPTIMIZE {table}")
            self.tarn.sql(f"OPTIMIZE {table} FULL")
            equal(self.agree(table, path), 40)
            spark().sql(f"ALTER TABLE {table} CLUSTER BY NONE")
            equal(self.tarn.sql(f"DESCRIBE DETAIL {table}")[0]["clusteringColumns"], [])

    def case_type_widening(self):
        columns = "(id INT, n SMALLINT, d DECIMAL(6,2), f FLOAT, day DATE, a ARRAY<SMALLINT>, m MAP<STRING, INT>, s STRUCT<x: TINYINT>)"
        for table, path in self.makers("widened", columns + " USING delta TBLPROPERTIES ('delta.enableTypeWidening' = 'true')"):
            self.tarn.sql(f"INSERT INTO {table} VALUES (1, 1, 1.25, 0.5, DATE '2024-01-01', ARRAY(1S), MAP('k', 1), NAMED_STRUCT('x', 1Y))")
            changes = ["id TYPE BIGINT", "day TYPE TIMESTAMP_NTZ", "d TYPE DECIMAL(10,4)", "f TYPE DOUBLE", "n TYPE INT", "a.element TYPE INT", "m.value TYPE DOUBLE", "s.x TYPE INT"]
            for i, change in enumerate(changes):
                (self.tarn.sql if i % 2 else spark().sql)(f"ALTER TABLE {table} ALTER COLUMN {change}")
            self.tarn.sql(f"INSERT INTO {table} VALUES (3000000000, 70000, 12345.6789, 0.25, TIMESTAMP_NTZ '2024-02-02 10:00:00', ARRAY(100000), MAP('k', 0.5), NAMED_STRUCT('x', 1000))")
            spark().sql(f"UPDATE {table} SET n = n + 1 WHERE id = 1")
            self.tarn.sql(f"ALTER TABLE {table} ALTER COLUMN n TYPE BIGINT")
            self.both_refuse(f"ALTER TABLE {table} ALTER COLUMN n TYPE INT", "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP", "NOT_SUPPORTED")
            equal(self.agree(table, path), 2)
            self.tarn.sql(f"MERGE WITH SCHEMA EVOLUTION INTO {table} t USING (SELECT 9L AS id, CAST(1.5 AS DECIMAL(12,4)) AS d) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT *")
            equal(dict(spark_rows(path).dtypes)["d"], "decimal(12,4)")
            self.agree(table, path)

    def case_replaced_columns(self):
        for table, path in self.makers("replaced", "(a INT, b STRING, c INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"):
            self.tarn.sql(f"INSERT INTO {table} VALUES (1, 'b', 3)")
            self.tarn.sql(f"ALTER TABLE {table} REPLACE COLUMNS (c INT COMMENT 'first now', n DATE, b STRING)")
            spark().sql(f"INSERT INTO {table} VALUES (4, DATE '2024-01-01', 'x')")
            equal(self.agree(table, path), 2)

    def case_dropped_features(self):
        """What is left can be read and written by Spark, which checks the protocol, the history and the files."""
        path = self.home / "dropped"
        table = f"delta.`{path}`"
        self.tarn.sql(f"CREATE TABLE {table} (id INT, n INT, v STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true', 'delta.enableRowTracking' = 'true')")
        self.tarn.sql(f"INSERT INTO {table} SELECT CAST(id AS INT), CAST(id AS INT), 'x' FROM RANGE(20)")
        self.tarn.sql(f"DELETE FROM {table} WHERE id < 5")
        self.tarn.sql(f"ALTER TABLE {table} ALTER COLUMN n TYPE BIGINT")
        for feature in ("deletionVectors", "typeWidening", "rowTracking", "domainMetadata", "columnMapping"):
            self.tarn.sql(f"ALTER TABLE {table} DROP FEATURE {feature}")
            assert feature not in self.features(table), feature
            spark().sql(f"INSERT INTO {table} VALUES (100, 100, '{feature}')")
            self.tarn.sql(f"INSERT INTO {table} VALUES (101, 101, '{feature}')")
            self.agree(table, path)
        # The reverse: Spark drops, Tarn goes on writing.
        spark().sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
        spark().sql(f"DELETE FROM {table} WHERE id = 7")
        spark().sql(f"ALTER TABLE {table} DROP FEATURE deletionVectors")
        self.tarn.sql(f"UPDATE {table} SET v = 'end' WHERE id = 8")
        equal(self.agree(table, path), 24)


class VariantWrites(Features):
    """VARIANT columns that Tarn writes, which Spark reads, and the reverse."""

    def texts(self, path):
        rows = spark_rows(path).selectExpr("id", "to_json(v) AS v", "v IS NULL AS empty", "to_json(a) AS a", "to_json(s) AS s").orderBy("id").collect()
        return [tuple(r) for r in rows]

    def case_variants(self):
        for table, path in self.makers("variants", "(id INT, v VARIANT, a ARRAY<VARIANT>, s STRUCT<x: VARIANT>) USING delta"):
            values = """(1, parse_json('{"a": 1, "b": [1, 2.5, "x"]}'), ARRAY(parse_json('[1]'), NULL), NAMED_STRUCT('x', parse_json('"text"'))), (2, NULL, NULL, NULL)"""
            self.tarn.sql(f"INSERT INTO {table} VALUES {values}")
            spark().sql(f"INSERT INTO {table} SELECT id + 2, v, a, s FROM VALUES {values} AS t(id, v, a, s)")
            tarn, spark_own = self.texts(path)[:2], self.texts(path)[2:]
            equal([r[1:] for r in tarn], [r[1:] for r in spark_own], "what Spark reads")
            self.tarn.sql(f"UPDATE {table} SET v = CAST(DATE '2024-02-29' AS VARIANT) WHERE id = 3")
            self.tarn.sql(f"OPTIMIZE {table}")
            spark().sql(f"UPDATE {table} SET v = parse_json('7') WHERE id = 4")
            equal([r[1] for r in self.texts(path)], ['{"a":1,"b":[1,2.5,"x"]}', None, '"2024-02-29"', "7"])
            own = self.tarn.sql(f"SELECT id, to_json(v) AS v FROM {table} ORDER BY id")
            equal([r["v"] for r in own], ['{"a":1,"b":[1,2.5,"x"]}', None, '"2024-02-29"', "7"], "what Tarn reads")
            self.tarn.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
            self.tarn.sql(f"INSERT INTO {table} (id, v) VALUES (9, parse_json('[9]'))")
            equal(self.texts(path)[-1][1], "[9]")


GROUPS = [WriterFeatures, TableFeatures, VariantWrites]
