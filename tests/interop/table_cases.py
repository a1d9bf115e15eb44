"""Single tables, made by one side, changed by the others, read by all."""
import datetime
import decimal
import threading

import pyarrow as pa
from deltalake import DeltaTable

from harness import Tarn, delta_rs_append, equal, same_everywhere, same_rows, spark, spark_rows

COLUMNS = """id BIGINT, name STRING, price DECIMAL(10,2), big DECIMAL(38,10), born DATE, seen TIMESTAMP, flag BOOLEAN,
    tiny TINYINT, small SMALLINT, whole INT, single FLOAT, wide DOUBLE, bytes BINARY,
    tags ARRAY<STRING>, attributes MAP<STRING, INT>, address STRUCT<street: STRING, geo: STRUCT<lat: DOUBLE, lon: DOUBLE>>,
    visits ARRAY<STRUCT<at: TIMESTAMP, pages: ARRAY<INT>>>"""

ROWS = """
    (1, 'plain', 1.50, 12345678901234567890.0123456789, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.789012', true,
     1, 2, 3, 1.1, 2.2, X'00FF10', ARRAY('a', 'b'), MAP('k', 1, 'l', NULL),
     NAMED_STRUCT('street', 'Main', 'geo', NAMED_STRUCT('lat', 1.5D, 'lon', -2.5D)),
     ARRAY(NAMED_STRUCT('at', TIMESTAMP '2020-01-01 00:00:00', 'pages', ARRAY(1, 2)))),
    (2, 'ünï "quoted" \\\\ 漢字 🐉', -0.01, -1.0000000001, DATE '0001-01-01', TIMESTAMP '1969-12-31 23:59:59.999999', false,
     -128, -32768, -2147483648, 1.17549435E-38, 4.9E-324, X'', ARRAY(), MAP(), NULL, ARRAY()),
    (9223372036854775807, '', 99999999.99, 0, DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59.999999', NULL,
     127, 32767, 2147483647, 3.4028235E38, 1.7976931348623157E308, X'41', ARRAY(NULL, ''), NULL,
     NAMED_STRUCT('street', NULL, 'geo', NULL), NULL),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""


def run_together(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TarnMakesTables:
    def __init__(self, home):
        self.tarn = Tarn(home / "root")
        self.tarn.sql("CREATE SCHEMA shop")

    def path(self, table):
        return self.tarn.table_path("shop", table)

    def agree(self, table, delta_rs=True):
        return f"{same_everywhere(self.tarn, f'main.shop.{table}', self.path(table), delta_rs)} rows"

    def case_every_type(self):
        self.tarn.sql(f"CREATE TABLE main.shop.everything ({COLUMNS})")
        self.tarn.sql(f"INSERT INTO main.shop.everything VALUES {ROWS}")
        expected = "struct<" + spark_rows(self.path("everything")).schema.simpleString()[7:]
        equal(expected, "struct<id:bigint,name:string,price:decimal(10,2),big:decimal(38,10),born:date,seen:timestamp,"
              "flag:boolean,tiny:tinyint,small:smallint,whole:int,single:float,wide:double,bytes:binary,tags:array<string>,"
              "attributes:map<string,int>,address:struct<street:string,geo:struct<lat:double,lon:double>>,"
              "visits:array<struct<at:timestamp,pages:array<int>>>>")
        return self.agree("everything")

    def case_every_type_as_spark_computes_it(self):
        frame = spark().sql(f"SELECT * FROM VALUES {ROWS} AS t(c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16,c17)")
        schema = spark_rows(self.path("everything")).schema
        rows = [dict(zip(schema.names, row)) for row in frame.collect()]
        same_rows(self.tarn.sql("SELECT * FROM main.shop.everything"), rows, schema, ("Tarn", "Spark's own VALUES"))

    def case_timestamp_ntz(self):
        self.tarn.sql("CREATE TABLE main.shop.ntz (id INT, at TIMESTAMP_NTZ)")
        self.tarn.sql("INSERT INTO main.shop.ntz VALUES (1, TIMESTAMP_NTZ '2024-03-31 02:30:00.5'), (2, NULL)")
        return self.agree("ntz")

    def case_insert_update_delete_merge(self):
        self.tarn.sql("""CREATE TABLE main.shop.orders (id INT, status STRING, cents BIGINT);
            INSERT INTO main.shop.orders SELECT CAST(id AS INT), 'new', id * 10 FROM RANGE(1000)""")
        self.tarn.sql("UPDATE main.shop.orders SET status = 'paid', cents = cents + 1 WHERE id % 3 = 0")
        self.tarn.sql("DELETE FROM main.shop.orders WHERE id >= 900 AND id < 950")
        self.tarn.sql("""MERGE INTO main.shop.orders AS t
            USING (SELECT CAST(id AS INT) AS id, 'merged' AS status, id AS cents FROM RANGE(890, 1100)) AS s ON t.id = s.id
            WHEN MATCHED AND t.status = 'paid' THEN DELETE
            WHEN MATCHED THEN UPDATE SET *
            WHEN NOT MATCHED THEN INSERT *""")
        expected = {i: ("paid", i * 10 + 1) if i % 3 == 0 else ("new", i * 10) for i in range(1000) if not 900 <= i < 950}
        for i in range(890, 1100):
            if expected.get(i, ("",))[0] == "paid":
                del expected[i]
            else:
                expected[i] = ("merged", i)
        rows = spark_rows(self.path("orders")).collect()
        equal({r.id: (r.status, r.cents) for r in rows}, expected)
        return self.agree("orders")

    def case_partitions(self):
        self.tarn.sql("""CREATE TABLE main.shop.parts (id INT, city STRING, day DATE) PARTITIONED BY (city, day);
            INSERT INTO main.shop.parts VALUES (1, 'Köln', DATE '2024-01-01'), (2, 'a/b=c d%', DATE '2024-01-02'),
              (3, NULL, NULL), (4, 'O''Hara: "x"', DATE '1969-01-01'), (5, 'Köln', DATE '2024-01-02')""")
        self.tarn.sql("DELETE FROM main.shop.parts WHERE city = 'Köln' AND day = DATE '2024-01-01'")
        equal(DeltaTable(str(self.path("parts"))).metadata().partition_columns, ["city", "day"])
        return self.agree("parts")

    def case_create_table_as_select(self):
        self.tarn.sql("CREATE TABLE main.shop.made AS SELECT id, CAST(id AS STRING) AS text, id / 4 AS quarter FROM RANGE(10000)")
        return self.agree("made")

    def case_statistics_are_true(self):
        """Spark skips files by them, so a wrong one loses rows."""
        self.tarn.sql("CREATE TABLE main.shop.stats (id BIGINT, name STRING, at TIMESTAMP, price DECIMAL(10,2), day DATE, x DOUBLE)")
        for start in (0, 1000, 2000):
            self.tarn.sql(f"""INSERT INTO main.shop.stats SELECT id, CONCAT('n', LPAD(CAST(id AS STRING), 6, '0'), REPEAT('ü', 40)),
                CAST(id * 1000 AS TIMESTAMP), CAST(id AS DECIMAL(10,2)) / 100, DATE_ADD(DATE '2020-01-01', CAST(id AS INT)),
                CAST(id AS DOUBLE) FROM RANGE({start}, {start + 1000})""")
        frame = spark_rows(self.path("stats"))
        for row in frame.where("id IN (0, 1500)").collect():
            for column in ("id", "name", "at", "price", "day", "x"):
                found = frame.where(frame[column] == row[column]).count()
                equal(found, 1, f"rows where {column} = {row[column]}")
        files = DeltaTable(str(self.path("stats"))).get_add_actions(flatten=True)
        actions = pa.table(files).to_pydict() if not isinstance(files, dict) else files
        equal(sum(actions["num_records"]), 3000)
        for rows, least, greatest in zip(actions["num_records"], actions["min.id"], actions["max.id"]):
            equal(greatest - least + 1, rows, f"ids {least} to {greatest}")

    def case_spark_appends_and_tarn_reads(self):
        spark().sql(f"INSERT INTO delta.`{self.path('orders')}` VALUES (5000, 'spark', 1), (5001, NULL, NULL)")
        spark().sql(f"""INSERT INTO delta.`{self.path('everything')}` SELECT * FROM delta.`{self.path('everything')}`""")
        equal(int(self.tarn.value("SELECT COUNT(*) FROM main.shop.orders WHERE id >= 5000")), 2)
        self.agree("everything")
        return self.agree("orders")

    def case_delta_rs_appends_and_tarn_reads(self):
        schema = pa.schema([("id", pa.int32()), ("status", pa.string()), ("cents", pa.int64())])
        delta_rs_append(self.path("orders"), [{"id": 6000, "status": "delta-rs", "cents": 7}], schema)
        equal(self.tarn.value("SELECT status FROM main.shop.orders WHERE id = 6000"), "delta-rs")
        return self.agree("orders")

    def case_spark_changes_and_tarn_reads(self):
        path = self.path("orders")
        spark().sql(f"UPDATE delta.`{path}` SET status = 'by spark' WHERE id BETWEEN 10 AND 20")
        self.agree("orders")
        spark().sql(f"DELETE FROM delta.`{path}` WHERE id BETWEEN 15 AND 25")
        self.agree("orders")
        spark().sql(f"""MERGE INTO delta.`{path}` AS t USING (SELECT CAST(id AS INT) AS id, 'm' AS status, id AS cents FROM RANGE(18, 30)) AS s
            ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *""")
        return self.agree("orders")

    def case_delta_rs_changes_and_tarn_reads(self):
        table = DeltaTable(str(self.path("orders")))
        table.delete("id BETWEEN 30 AND 40")
        DeltaTable(str(self.path("orders"))).update(predicate="id = 50", new_values={"status": "fifty"})
        equal(self.tarn.value("SELECT status FROM main.shop.orders WHERE id = 50"), "fifty")
        equal(int(self.tarn.value("SELECT COUNT(*) FROM main.shop.orders WHERE id BETWEEN 30 AND 40")), 0)
        return self.agree("orders")

    def case_tarn_changes_what_spark_changed(self):
        self.tarn.sql("UPDATE main.shop.orders SET cents = -cents WHERE id < 60")
        self.tarn.sql("DELETE FROM main.shop.orders WHERE id IN (1, 19, 55)")
        self.tarn.sql("INSERT INTO main.shop.orders VALUES (7000, 'again', 0)")
        return self.agree("orders")

    def case_deletion_vectors_of_spark(self):
        self.tarn.sql("""CREATE TABLE main.shop.masked (id BIGINT, v STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true');
            INSERT INTO main.shop.masked SELECT id, CAST(id AS STRING) FROM RANGE(5000)""")
        path = self.path("masked")
        spark().sql(f"DELETE FROM delta.`{path}` WHERE id % 7 = 0")
        vectors = [r for r in spark().sql(f"SELECT _metadata.file_path AS f FROM delta.`{path}` GROUP BY 1").collect()]
        assert vectors
        self.agree("masked")
        self.tarn.sql("DELETE FROM main.shop.masked WHERE id % 11 = 0")
        self.tarn.sql("UPDATE main.shop.masked SET v = 'changed' WHERE id % 13 = 0")
        self.agree("masked")
        spark().sql(f"UPDATE delta.`{path}` SET v = 'spark' WHERE id % 17 = 0")
        return self.agree("masked")

    def case_added_columns(self):
        self.tarn.sql("""CREATE TABLE main.shop.grows (id INT);
            INSERT INTO main.shop.grows VALUES (1);
            ALTER TABLE main.shop.grows ADD COLUMNS (name STRING COMMENT 'later', at TIMESTAMP);
            INSERT INTO main.shop.grows VALUES (2, 'two', TIMESTAMP '2024-01-01 00:00:00')""")
        self.agree("grows")
        spark().sql(f"ALTER TABLE delta.`{self.path('grows')}` ADD COLUMNS (more DECIMAL(5,1))")
        spark().sql(f"INSERT INTO delta.`{self.path('grows')}` VALUES (3, 'three', NULL, 1.5)")
        return self.agree("grows")

    def case_time_travel(self):
        history = spark().sql(f"DESCRIBE HISTORY delta.`{self.path('orders')}`").select("version", "operation").collect()
        versions = sorted(r.version for r in history)
        equal(versions, list(range(len(versions))), "versions")
        for version in versions[1::3]:
            frame = spark_rows(self.path("orders"), version)
            same_rows(self.tarn.sql(f"SELECT * FROM main.shop.orders VERSION AS OF {version}"), frame.collect(), frame.schema,
                      (f"Tarn at {version}", f"Spark at {version}"))
        return f"{len(versions)} versions"

    def case_column_mapping(self):
        """Made by Tarn, on a new table and on one with files; columns renamed and dropped, at every level."""
        for table, properties in (("mapped", "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"), ("upgraded", "")):
            full = f"main.shop.{table}"
            self.tarn.sql(f"CREATE TABLE {full} (id INT, old STRING, s STRUCT<x: INT, y: STRING>, list ARRAY<STRUCT<p: INT, q: STRING>>, gone INT, part STRING) "
                          f"PARTITIONED BY (part) {properties}")
            self.tarn.sql(f"INSERT INTO {full} VALUES (1, 'one', NAMED_STRUCT('x', 1, 'y', 'a'), ARRAY(NAMED_STRUCT('p', 1, 'q', 'b')), 7, 'A')")
            if not properties:
                self.tarn.sql(f"ALTER TABLE {full} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
            for change in ("RENAME COLUMN old TO new", "RENAME COLUMN s.x TO z", "RENAME COLUMN list.element.q TO qq",
                           "RENAME COLUMN part TO area", "DROP COLUMN gone", "ADD COLUMN gone STRING"):
                self.tarn.sql(f"ALTER TABLE {full} {change}")
            self.tarn.sql(f"INSERT INTO {full} VALUES (2, 'two', NAMED_STRUCT('z', 2, 'y', NULL), ARRAY(), 'B', 'back'), (3, NULL, NULL, NULL, NULL, NULL)")
            # The dropped column does not come back with the new one of its name.
            equal([row["gone"] for row in self.tarn.sql(f"SELECT gone FROM {full} ORDER BY id")], [None, "back", None])
            self.agree(table, delta_rs=False)
            spark().sql(f"INSERT INTO delta.`{self.path(table)}` SELECT id + 10, new, s, list, area, gone FROM delta.`{self.path(table)}`")
            self.tarn.sql(f"MERGE INTO {full} t USING (SELECT * FROM {full} WHERE id > 10) s ON t.id = s.id - 10 WHEN MATCHED THEN UPDATE SET new = s.new || '!'")
            self.agree(table, delta_rs=False)
        return self.agree("upgraded", delta_rs=False)

    def case_many_writers(self):
        """Tarn, delta-rs and Spark append at once: every row is there once, no version is missing."""
        self.tarn.sql("CREATE TABLE main.shop.race (writer STRING, n INT)")
        path, errors = self.path("race"), []
        schema = pa.schema([("writer", pa.string()), ("n", pa.int32())])

        def writer(name, write):
            for n in range(8):
                try:
                    write(name, n)
                except Exception as error:
                    errors.append(f"{name} {n}: {error}")

        by_tarn = lambda name, n: self.tarn.sql(f"INSERT INTO main.shop.race VALUES ('{name}', {n})")
        run_together([threading.Thread(target=writer, args=a) for a in (
            ("tarn a", by_tarn), ("tarn b", by_tarn),
            ("delta-rs", lambda name, n: delta_rs_append(path, [{"writer": name, "n": n}], schema)),
            ("spark", lambda name, n: spark().sql(f"INSERT INTO delta.`{path}` VALUES ('{name}', {n})")))])
        assert not errors, "\n".join(errors)[:1000]
        rows = self.tarn.sql("SELECT writer, n FROM main.shop.race")
        equal(sorted((r["writer"], r["n"]) for r in rows),
              sorted((w, n) for w in ("tarn a", "tarn b", "delta-rs", "spark") for n in range(8)))
        versions = sorted(int(p.stem) for p in (path / "_delta_log").glob("*.json"))
        equal(versions, list(range(33)), "versions")
        return self.agree("race")


class SparkMakesTables:
    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def name(self, table):
        return f"delta.`{self.home / table}`"

    def agree(self, table, delta_rs=True):
        return f"{same_everywhere(self.tarn, self.name(table), self.home / table, delta_rs)} rows"

    def case_every_type(self):
        spark().sql(f"CREATE TABLE {self.name('everything')} ({COLUMNS}, local TIMESTAMP_NTZ) USING delta")
        spark().sql(f"INSERT INTO {self.name('everything')} SELECT *, TIMESTAMP_NTZ '2024-03-31 02:30:00' FROM VALUES {ROWS}")
        return self.agree("everything")

    def case_tarn_appends(self):
        self.tarn.sql(f"INSERT INTO {self.name('everything')} SELECT * FROM {self.name('everything')}")
        equal(spark_rows(self.home / "everything").count(), 8)
        return self.agree("everything")

    def case_partitions_with_deletion_vectors(self):
        table = self.name("parts")
        spark().sql(f"""CREATE TABLE {table} (id BIGINT, city STRING, day DATE, n INT, v STRING) USING delta PARTITIONED BY (city, day, n)
            TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')""")
        spark().sql(f"""INSERT INTO {table} SELECT id, CASE id % 4 WHEN 0 THEN 'Köln/Ehrenfeld' WHEN 1 THEN 'a=b c%' WHEN 2 THEN '' END,
            DATE_ADD(DATE '2024-01-01', CAST(id % 3 AS INT)), CAST(id % 2 AS INT), CONCAT('v', id) FROM RANGE(600)""")
        spark().sql(f"DELETE FROM {table} WHERE id % 5 = 0")
        self.agree("parts")
        self.tarn.sql(f"INSERT INTO {table} VALUES (10000, 'Köln/Ehrenfeld', DATE '2024-01-01', 0, 'tarn'), (10001, NULL, NULL, NULL, 'tarn')")
        self.agree("parts")
        self.tarn.sql(f"DELETE FROM {table} WHERE id % 7 = 0")
        self.tarn.sql(f"UPDATE {table} SET v = 'u' WHERE city = 'a=b c%' AND day = DATE '2024-01-02'")
        self.agree("parts")
        spark().sql(f"MERGE INTO {table} AS t USING (SELECT id FROM RANGE(100)) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'm'")
        return self.agree("parts")

    def mapped(self, mode):
        """Names that the files do not have, at every level, and a partition column that was renamed."""
        table = self.name(f"mapped_{mode}")
        spark().sql(f"""CREATE TABLE {table} (id INT, `a b` STRING, s STRUCT<x: INT, `y z`: STRING>, list ARRAY<STRUCT<p: INT, q: STRING>>,
            m MAP<STRING, STRUCT<v: INT>>, part STRING) USING delta PARTITIONED BY (part) TBLPROPERTIES ('delta.columnMapping.mode' = '{mode}')""")
        row = ("(1, 'one', NAMED_STRUCT('x', 1, 'y z', 'q'), ARRAY(NAMED_STRUCT('p', 1, 'q', 'l')), "
               "MAP('k', NAMED_STRUCT('v', 1)), 'A')")
        spark().sql(f"INSERT INTO {table} VALUES {row}")
        for old, new in (("`a b`", "name"), ("s.x", "xx"), ("list.element.q", "qq"), ("part", "`the part`")):
            spark().sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
        spark().sql(f"INSERT INTO {table} VALUES (2, 'two', NULL, NULL, NULL, NULL)")
        rows = self.agree(f"mapped_{mode}", delta_rs=False)
        self.tarn.sql(f"INSERT INTO {table} VALUES (3, 'three', NAMED_STRUCT('xx', 3, 'y z', 'r'), ARRAY(NAMED_STRUCT('p', 3, 'qq', 'm'), NULL), "
                      f"MAP('k', NAMED_STRUCT('v', 3), 'n', NULL), 'B'), (4, NULL, NULL, ARRAY(), MAP(), NULL)")
        self.agree(f"mapped_{mode}", delta_rs=False)
        self.tarn.sql(f"UPDATE {table} SET name = 'changed' WHERE id IN (1, 3)")
        self.tarn.sql(f"DELETE FROM {table} WHERE id = 2")
        self.agree(f"mapped_{mode}", delta_rs=False)
        self.tarn.sql(f"ALTER TABLE {table} ADD COLUMN added DECIMAL(5, 2)")
        self.tarn.sql(f"INSERT INTO {table} SELECT id + 10, name, s, list, m, `the part`, 1.5 FROM {table}")
        spark().sql(f"INSERT INTO {table} SELECT id + 100, name, s, list, m, `the part`, 2.5 FROM {table}")
        equal(spark_rows(self.home / f"mapped_{mode}").where("name = 'changed' AND s.xx IS NOT NULL").count(), 8)
        return f"{rows}, then {self.agree(f'mapped_{mode}', delta_rs=False)}"

    def case_column_mapping_by_name(self):
        return self.mapped("name")

    def case_column_mapping_by_id(self):
        return self.mapped("id")

    def case_check_constraints_hold(self):
        """A writer that does not know a rule of the table must not write past it."""
        table = self.name("checked")
        spark().sql(f"CREATE TABLE {table} (id INT NOT NULL, n INT) USING delta")
        spark().sql(f"ALTER TABLE {table} ADD CONSTRAINT positive CHECK (n > 0)")
        for values in ("(1, -5)", "(NULL, 5)"):
            done = self.tarn.command("sql", "--root", self.tarn.root, "-c", f"INSERT INTO {table} VALUES {values}", check=False)
            assert done.returncode != 0 and "[" in done.stderr, f"{values} was written, or without an error class: {done.stderr}"
        equal(spark_rows(self.home / "checked").count(), 0)

    def case_decimals_and_dates_in_partitions(self):
        table = self.name("typed")
        spark().sql(f"""CREATE TABLE {table} (id INT, d DECIMAL(10,3), t TIMESTAMP, b BOOLEAN, f DOUBLE) USING delta PARTITIONED BY (d, t, b)""")
        spark().sql(f"""INSERT INTO {table} VALUES (1, 1.5, TIMESTAMP '2024-01-01 10:11:12.345', true, 1.0D),
            (2, -0.001, TIMESTAMP '1969-12-31 23:59:59', false, DOUBLE('NaN')), (3, NULL, NULL, NULL, DOUBLE('Infinity'))""")
        self.agree("typed")
        equal(int(self.tarn.value(f"SELECT COUNT(*) FROM {table} WHERE d = 1.5 AND b")), 1)
        self.tarn.sql(f"INSERT INTO {table} VALUES (4, 2.25, TIMESTAMP '2024-02-29 00:00:00', true, 0)")
        return self.agree("typed")


class DeltaRsMakesTables:
    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def case_tarn_reads_and_appends(self):
        path = self.home / "t"
        rows = [{"id": i, "name": f"n{i}", "price": decimal.Decimal(i) / 4, "day": datetime.date(2024, 1, 1 + i % 28),
                 "at": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=i), "tags": ["a"] * (i % 3)}
                for i in range(500)]
        schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("price", pa.decimal128(12, 2)), ("day", pa.date32()),
                            ("at", pa.timestamp("us", "UTC")), ("tags", pa.list_(pa.string()))])
        delta_rs_append(path, rows, schema)
        DeltaTable(str(path)).delete("id % 10 = 3")
        same_everywhere(self.tarn, f"delta.`{path}`", path)
        self.tarn.sql(f"INSERT INTO delta.`{path}` SELECT id + 1000, name, price, day, at, tags FROM delta.`{path}` WHERE id < 100")
        return f"{same_everywhere(self.tarn, f'delta.`{path}`', path)} rows"


GROUPS = [TarnMakesTables, SparkMakesTables, DeltaRsMakesTables]
