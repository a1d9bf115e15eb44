"""Tarn and Spark write the same table at the same time; nothing that either acknowledged may be lost."""
import json
import random
import threading
import time

from harness import Tarn, equal, same_everywhere, spark

SECONDS = 12


class Side(threading.Thread):
    """One writer: counts what it was told has happened."""

    def __init__(self, until, seed):
        super().__init__()
        self.until, self.dice = until, random.Random(seed)
        self.added, self.rows, self.statements, self.conflicts, self.error = 0, 0, 0, 0, None

    def run(self):
        try:
            while time.monotonic() < self.until or self.statements < 3:
                self.step()
        except Exception as error:  # shown by the case
            self.error = error

    def step(self):
        kind = self.dice.randrange(4)
        if kind == 0:
            count = self.dice.randrange(1, 4)
            values = ", ".join(f"({self.dice.randrange(10**6, 10**9)}, 1)" for _ in range(count))
            if self.execute(f"INSERT INTO {self.table} VALUES {values}") is not None:
                self.added, self.rows = self.added + count, self.rows + count
        elif kind == 3:
            key = self.dice.randrange(200, 230)
            merged = (f"MERGE INTO {self.table} AS t USING (SELECT {key} AS id, 5 AS v) AS s ON t.id = s.id "
                      "WHEN MATCHED THEN UPDATE SET v = t.v + s.v WHEN NOT MATCHED THEN INSERT *")
            if self.execute(merged) is not None:
                self.added += 5
        else:
            changed = self.execute(f"UPDATE {self.table} SET v = v + 1 WHERE id % 10 = {self.dice.randrange(10)} AND id < 200")
            self.added += changed or 0

    def execute(self, statement):
        """Rows changed; None when the statement lost a race."""
        try:
            rows = self.ask(statement)
        except Exception as error:
            if "DELTA_CONCURRENT" not in str(error) and "concurrent" not in str(error).lower():
                raise
            self.conflicts += 1
            return None
        self.statements += 1
        return rows


class TarnSide(Side):
    def __init__(self, until, seed, tarn):
        super().__init__(until, seed)
        self.tarn, self.table = tarn, "main.default.shared"

    def ask(self, statement):
        (row,) = self.tarn.sql(statement)
        return row["num_affected_rows"]


class SparkSide(Side):
    def __init__(self, until, seed, path):
        super().__init__(until, seed)
        self.table = f"delta.`{path}`"

    def ask(self, statement):
        rows = spark().sql(statement).collect()
        return rows[0]["num_affected_rows"] if rows else 0  # INSERT answers nothing.


class ConcurrentWriters:
    def __init__(self, home):
        self.tarn = Tarn(home / "root")

    def case_tarn_and_spark_write_at_the_same_time(self):
        self.tarn.sql("CREATE TABLE shared (id BIGINT, v BIGINT); INSERT INTO shared SELECT id, 0 FROM range(200) AS r(id)")
        path = self.tarn.table_path("default", "shared")
        warm = SparkSide(0, 5, path)  # Spark's first statements take long; those that count should meet Tarn's.
        for _ in range(6):
            warm.step()
        until = time.monotonic() + SECONDS
        sides = [TarnSide(until, 1, self.tarn), TarnSide(until, 2, self.tarn), SparkSide(until, 3, path), SparkSide(until, 4, path)]
        for side in sides:
            side.start()
        for side in sides:
            side.join()
        for side in sides:
            if side.error:
                raise side.error
        same_everywhere(self.tarn, "main.default.shared", path)
        equal(self.tarn.value("SELECT sum(v) FROM shared"), warm.added + sum(side.added for side in sides), "the sum of what was acknowledged")
        fixed = self.tarn.sql("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM shared WHERE id < 1000")[0]
        equal(fixed["n"], fixed["ids"], "MERGE never inserts a key twice")
        equal(self.tarn.value("SELECT count(*) FROM shared WHERE id >= 1000"), warm.rows + sum(side.rows for side in sides), "inserted rows")
        counts = [sum(side.statements for side in sides[at:at + 2]) for at in (0, 2)]
        lost = [sum(side.conflicts for side in sides[at:at + 2]) for at in (0, 2)]
        return f"{counts[0]} statements of Tarn ({lost[0]} conflicts), {counts[1]} of Spark ({lost[1]})"


class Checksums:
    """N.crc: Spark validates ours and builds its own on them; we read Spark's."""

    def __init__(self, home):
        self.tarn = Tarn(home / "root")
        self.path = self.tarn.table_path("default", "summed")

    def newest(self):
        """Version and content of the newest checksum file."""
        file = max((self.path / "_delta_log").glob("*.crc"))
        return int(file.stem), json.loads(file.read_text())

    def spark_snapshot(self):
        log = spark()._jvm.org.apache.spark.sql.delta.DeltaLog
        log.clearCache()
        return log.forTable(spark()._jsparkSession, str(self.path)).update(False, spark()._jvm.scala.Option.empty(),
                                                                          spark()._jvm.scala.Option.empty())

    def validate(self):
        """Spark replays the log and holds it against the checksum file, which must be there."""
        snapshot = self.spark_snapshot()
        if not snapshot.checksumOpt().isDefined():
            raise AssertionError("Spark found no checksum it could read")
        return snapshot.validateChecksum(spark()._jvm.PythonUtils.toScalaMap({}))

    def case_spark_validates_ours(self):
        self.tarn.sql("CREATE TABLE summed (id BIGINT, v BIGINT) TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true'); "
                      "INSERT INTO summed SELECT id, 0 FROM range(50) AS r(id); DELETE FROM summed WHERE id % 7 = 1; "
                      "UPDATE summed SET v = 1 WHERE id = 2")
        version, ours = self.newest()
        equal(version, 3, "the newest version with a checksum")
        equal((ours["numFiles"], ours["numDeletedRecordsOpt"], ours["numDeletionVectorsOpt"]), (2, 8, 1))
        equal(self.validate(), True)
        return f"{sorted(ours)}"

    def case_spark_goes_on_from_ours(self):
        spark().sql(f"UPDATE delta.`{self.path}` SET v = 2 WHERE id = 3")
        version, theirs = self.newest()
        equal((version, theirs["numFiles"], theirs["numDeletedRecordsOpt"]), (4, 3, 9))
        equal(self.validate(), True)

    def case_we_read_sparks(self):
        done = self.tarn.command("sql", "--root", self.tarn.root, "-c", "SELECT count(*) FROM summed")
        equal("warning" in done.stderr, False, done.stderr)
        self.tarn.sql("INSERT INTO summed VALUES (1000, 1)")
        equal(self.newest()[0], 5)
        equal(self.validate(), True)

    def case_one_that_is_wrong(self):
        version, ours = self.newest()
        file = self.path / "_delta_log" / f"{version:020}.crc"
        file.write_text(json.dumps({**ours, "numFiles": 77}))
        (file.parent / f".{file.name}.crc").unlink(missing_ok=True)
        done = self.tarn.command("sql", "--root", self.tarn.root, "-c", "SELECT count(*) FROM summed")
        equal("numFiles is 4, not 77" in done.stderr, True, done.stderr)
        equal(self.tarn.value("SELECT count(*) FROM summed"), 44)
        try:
            agrees = self.validate()
        except Exception as error:  # as fatal as its configuration has it
            return f"Spark: {str(error).splitlines()[0][:100]}"
        equal(agrees, False, "Spark's judgement of a wrong checksum")


GROUPS = [ConcurrentWriters, Checksums]
