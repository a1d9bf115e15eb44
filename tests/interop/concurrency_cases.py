"""Tarn and Spark write the same table at the same time; nothing that either acknowledged may be lost."""
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
            while time.monotonic() < self.until:
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
        (row,) = spark().sql(statement).collect()
        return row["num_affected_rows"]


class ConcurrentWriters:
    def __init__(self, home):
        self.tarn = Tarn(home / "root")

    def case_tarn_and_spark_write_at_the_same_time(self):
        self.tarn.sql("CREATE TABLE shared (id BIGINT, v BIGINT); INSERT INTO shared SELECT id, 0 FROM range(200) AS r(id)")
        path = self.tarn.table_path("default", "shared")
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
        equal(self.tarn.value("SELECT sum(v) FROM shared"), sum(side.added for side in sides), "the sum of what was acknowledged")
        fixed = self.tarn.sql("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM shared WHERE id < 1000")[0]
        equal(fixed["n"], fixed["ids"], "MERGE never inserts a key twice")
        equal(self.tarn.value("SELECT count(*) FROM shared WHERE id >= 1000"), sum(side.rows for side in sides), "inserted rows")
        counts = [sum(side.statements for side in sides[at:at + 2]) for at in (0, 2)]
        lost = [sum(side.conflicts for side in sides[at:at + 2]) for at in (0, 2)]
        if min(counts) == 0:
            raise AssertionError(f"one side wrote nothing: {counts}")
        return f"{counts[0]} statements of Tarn ({lost[0]} conflicts), {counts[1]} of Spark ({lost[1]})"


GROUPS = [ConcurrentWriters]
