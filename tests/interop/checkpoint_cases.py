"""Logs long enough for checkpoints, and readers that must use them: the commits before a checkpoint are taken away."""
import json
import shutil

import pyarrow.parquet as pq
from deltalake import DeltaTable

from harness import Tarn, delta_rs_append, delta_rs_rows, equal, same_everywhere, same_rows, spark, spark_rows


def checkpoints(path):
    return sorted({int(p.name.split(".")[0]) for p in (path / "_delta_log").glob("*.checkpoint*.parquet")})


def without_old_commits(path, copy):
    """A copy of the table whose log begins at its last checkpoint."""
    shutil.copytree(path, copy)
    last = checkpoints(copy)[-1]
    for commit in (copy / "_delta_log").glob("*.json"):
        if int(commit.stem) < last:
            commit.unlink()
            (commit.parent / f".{commit.name}.crc").unlink(missing_ok=True)
    return copy


class Checkpoints:
    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def case_tarn_writes_them(self):
        self.tarn.sql("""CREATE TABLE main.default.log (id INT, name STRING, price DECIMAL(12,3), at TIMESTAMP, tags ARRAY<STRING>, day DATE)
            PARTITIONED BY (day) TBLPROPERTIES ('team' = 'interop')""")
        script = "".join(f"""INSERT INTO main.default.log VALUES ({i}, 'n{i}', {i}.5, TIMESTAMP '2024-01-01 00:00:{i % 60:02d}',
            ARRAY('x', NULL), DATE '2024-01-0{i % 3 + 1}');""" for i in range(23))
        self.tarn.sql(script + "DELETE FROM main.default.log WHERE id = 5; UPDATE main.default.log SET name = 'u' WHERE id < 3")
        path = self.tarn.table_path("default", "log")
        written = checkpoints(path)
        assert written and written[-1] >= 20, f"checkpoints at {written}"
        hint = json.loads((path / "_delta_log" / "_last_checkpoint").read_text())
        equal(hint["version"], written[-1], "_last_checkpoint")
        same_everywhere(self.tarn, "main.default.log", path)
        return f"at versions {written}"

    def case_others_start_from_them(self):
        path = without_old_commits(self.tarn.table_path("default", "log"), self.home / "cut")
        frame = spark_rows(path)
        rows = self.tarn.sql("SELECT * FROM main.default.log")
        same_rows(rows, frame.collect(), frame.schema, ("Tarn", "Spark from the checkpoint"))
        same_rows(rows, delta_rs_rows(path), frame.schema, ("Tarn", "delta-rs from the checkpoint"))
        properties = {r.key: r.value for r in spark().sql(f"SHOW TBLPROPERTIES delta.`{path}`").collect()}
        equal(properties.get("team"), "interop", "a property kept by the checkpoint")
        spark().sql(f"DELETE FROM delta.`{path}` WHERE id = 7")
        return f"{same_everywhere(self.tarn, f'delta.`{path}`', path)} rows"

    def case_tarn_writes_v2(self):
        self.tarn.sql("CREATE TABLE main.default.v2 (id INT, day DATE) PARTITIONED BY (day) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2')")
        self.tarn.sql("".join(f"INSERT INTO main.default.v2 VALUES ({i}, DATE '2024-01-0{i % 3 + 1}');" for i in range(12))
                      + "DELETE FROM main.default.v2 WHERE id = 5;" + "".join(f"INSERT INTO main.default.v2 VALUES ({i}, NULL);" for i in range(12, 21)))
        path = self.tarn.table_path("default", "v2")
        sidecars = list((path / "_delta_log" / "_sidecars").glob("*.parquet"))
        assert sidecars, "no sidecar"
        copy = self.home / "v2cut"
        shutil.copytree(path, copy)
        last = json.loads((copy / "_delta_log" / "_last_checkpoint").read_text())["version"]
        for commit in (copy / "_delta_log").glob("*.json"):
            if ".checkpoint." not in commit.name and int(commit.stem) < last:
                commit.unlink()
        frame = spark_rows(copy)
        rows = self.tarn.sql("SELECT * FROM main.default.v2")
        same_rows(rows, frame.collect(), frame.schema, ("Tarn", "Spark from the v2 checkpoint"))
        same_rows(rows, self.tarn.sql(f"SELECT * FROM delta.`{copy}`"), frame.schema, ("Tarn", "Tarn from the v2 checkpoint"))
        same_rows(rows, delta_rs_rows(copy), frame.schema, ("Tarn", "delta-rs from the v2 checkpoint"))
        spark().sql(f"DELETE FROM delta.`{copy}` WHERE id = 7")
        return f"version {last}, {len(sidecars)} sidecars, {len(rows)} rows"

    def case_tarn_writes_typed_statistics(self):
        self.tarn.sql("""CREATE TABLE main.default.typed (id BIGINT, at TIMESTAMP, s STRUCT<a: DECIMAL(9,2), b: STRING>, ok BOOLEAN, day DATE)
            PARTITIONED BY (day) TBLPROPERTIES ('delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = 'false')""")
        self.tarn.sql("".join(f"""INSERT INTO main.default.typed VALUES ({i}, TIMESTAMP '2024-01-01 00:00:{i:02d}.5', NAMED_STRUCT('a', {i}.25, 'b', 'n{i}'),
            true, DATE '2024-01-0{i % 3 + 1}');""" for i in range(10)))
        path = without_old_commits(self.tarn.table_path("default", "typed"), self.home / "typedcut")
        adds = [row["add"] for row in pq.read_table(path / "_delta_log" / f"{10:020d}.checkpoint.parquet").to_pylist() if row["add"]]
        assert "stats" not in adds[0], "statistics as text were switched off"
        equal(sorted(a["stats_parsed"]["minValues"]["id"] for a in adds), list(range(10)), "minValues.id")
        equal(sorted(str(a["stats_parsed"]["maxValues"]["s"]["a"]) for a in adds), sorted(f"{i}.25" for i in range(10)), "maxValues.s.a")
        equal(sorted({str(a["partitionValues_parsed"]["day"]) for a in adds}), ["2024-01-01", "2024-01-02", "2024-01-03"], "days")
        frame = spark_rows(path)
        rows = self.tarn.sql("SELECT * FROM main.default.typed")
        same_rows(rows, frame.collect(), frame.schema, ("Tarn", "Spark from typed statistics"))
        equal(len(self.tarn.sql(f"SELECT * FROM delta.`{path}` WHERE id = 4 AND at > TIMESTAMP '2024-01-01 00:00:04'")), 1, "rows found by them")
        equal(spark().sql(f"SELECT * FROM delta.`{path}` WHERE id = 4").count(), 1, "rows that Spark finds by them")
        return f"{len(rows)} rows"

    def case_tarn_starts_from_sparks(self):
        path = self.home / "spark"
        table = f"delta.`{path}`"
        spark().sql(f"CREATE TABLE {table} (id INT, s STRUCT<a: INT>, day DATE) USING delta PARTITIONED BY (day)")
        for i in range(13):
            spark().sql(f"INSERT INTO {table} VALUES ({i}, NAMED_STRUCT('a', {i}), DATE '2024-01-0{i % 3 + 1}')")
        spark().sql(f"DELETE FROM {table} WHERE id = 4")
        assert checkpoints(path), "Spark wrote no checkpoint"
        cut = without_old_commits(path, self.home / "spark_cut")
        same_everywhere(self.tarn, f"delta.`{cut}`", cut)
        self.tarn.sql(f"INSERT INTO delta.`{cut}` VALUES (100, NULL, NULL)")
        return f"{same_everywhere(self.tarn, f'delta.`{cut}`', cut)} rows"

    def case_tarn_starts_from_sparks_v2(self):
        path = self.home / "v2"
        table = f"delta.`{path}`"
        spark().sql(f"CREATE TABLE {table} (id INT) USING delta TBLPROPERTIES ('delta.checkpointPolicy' = 'v2')")
        for i in range(12):
            spark().sql(f"INSERT INTO {table} VALUES ({i})")
        frame = spark_rows(path)
        return f"{same_rows(self.tarn.sql(f'SELECT * FROM {table}'), frame.collect(), frame.schema, ('Tarn', 'Spark'))} rows"

    def case_tarn_starts_from_delta_rs(self):
        path = self.home / "rs"
        for i in range(3):
            delta_rs_append(path, [{"id": i, "name": f"n{i}"}])
        DeltaTable(str(path)).create_checkpoint()
        delta_rs_append(path, [{"id": 3, "name": "after"}])
        cut = without_old_commits(path, self.home / "rs_cut")
        return f"{same_everywhere(self.tarn, f'delta.`{cut}`', cut)} rows"


GROUPS = [Checkpoints]
