"""One long random sequence of statements on one table, run by Tarn, Spark and delta-rs in turn; after each step all of them
must read the rows that a model in Python says.

    make random SEED=7 STEPS=300 VARIANT=plain     (or TARN_SEED=7 TARN_STEPS=300 tests/interop/run.sh RandomStatements.plain)

Where the table has a change feed, the changes that Tarn and Spark read are the same and lead from the rows before to the rows
after; where it tracks rows, a row keeps its id as long as it lives, and no id is used twice. A failure prints the statement, who ran it, and how to replay it; `shrunk` says how many of the last statements, run alone on
the rows before them, still fail."""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import zlib

import pyarrow as pa
from deltalake import DeltaTable

from harness import Tarn, canonical, canonical_rows, delta_rs_rows, same_rows, spark, spark_rows
from random_statements import Ambiguous, Generator, Statement, literal, without_id

SEED = int(os.environ.get("TARN_SEED", "20240611"))
STEPS = int(os.environ.get("TARN_STEPS", "30"))
# What an engine may say instead of doing it: the statement is another engine's then.
NOT_DONE = re.compile(r"UNSUPPORTED|NOT_SUPPORTED|not supported|unsupported|No table feature|not implemented", re.I)


class Table:
    """One table and what its engines may do."""

    def __init__(self, tarn, path, partitioned, properties, delta_rs, cluster, columns):
        self.tarn, self.path, self.name = tarn, pathlib.Path(path), f"delta.`{path}`"
        self.partitioned, self.properties, self.delta_rs, self.cluster = partitioned, properties, delta_rs, cluster
        self.columns = columns
        self.said = collections.Counter()  # what engines answered that they cannot do

    def create(self, by, kinds, rows):
        shutil.rmtree(self.path, ignore_errors=True)
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        sql = f"CREATE TABLE {self.name} ({columns}) USING DELTA"
        if self.partitioned:
            sql += " PARTITIONED BY (p)"
        if self.cluster:
            sql += " CLUSTER BY (id)"
        if self.properties:
            sql += " TBLPROPERTIES (" + ", ".join(f"'{k}' = '{v}'" for k, v in self.properties.items()) + ")"
        self.run(by, sql)
        half = (len(rows) + 1) // 2
        for part in (rows[:half], rows[half:]):  # two files
            if part:
                body = " UNION ALL ".join("SELECT " + ", ".join(f"{literal(t[c], kinds[c])} AS {c}" for c in kinds) for t in part)
                self.run("Spark", f"INSERT INTO {self.name} {body}")

    def run(self, by, sql, settings=()):
        settings = dict(settings)
        if by == "Tarn":
            sql = sql.replace("{evolution}", "WITH SCHEMA EVOLUTION")
            prefix = "".join(f"SET {key} = {value}; " for key, value in settings.items())
            return self.tarn.sql(prefix + sql)
        if "{evolution}" in sql:
            sql = sql.replace("{evolution} ", "")
            settings["spark.databricks.delta.schema.autoMerge.enabled"] = "true"
        try:
            for key, value in settings.items():
                spark().conf.set(key, value)
            return [row.asDict() for row in spark().sql(sql).collect()]
        finally:
            for key in settings:
                spark().conf.unset(key)

    def execute(self, by, statement):
        """True; False when the engine says that it cannot. Anything else is raised."""
        try:
            if by == "delta-rs":
                if not statement.delta_rs:
                    return False
                delta = DeltaTable(str(self.path))
                statement.delta_rs(delta, pa.schema(delta.schema()))
                return True
            text = statement.spark if by == "Spark" else statement.sql
            if not text:
                return False
            rows = self.run(by, text.replace("{t}", self.name), statement.settings)
            return rows or True
        except Exception as error:
            if NOT_DONE.search(str(error)):
                self.said[f"{by}: {' '.join(str(error).split())[:160]}"] += 1
                return False
            raise

    def version(self):
        return max(int(f.name[:20]) for f in (self.path / "_delta_log").glob("*.json") if re.fullmatch(r"\d{20}\.json", f.name))

    def check(self, rows):
        """All engines read `rows`."""
        rows = [without_id(row) for row in rows]
        frame = spark_rows(self.path)
        same_rows(frame.collect(), rows, frame.schema, ("Spark", "the model"))
        read = self.tarn.sql(f"SELECT * FROM {self.name}")
        same_rows(read, rows, frame.schema, ("Tarn", "the model"))
        if self.delta_rs:
            same_rows(delta_rs_rows(self.path), rows, frame.schema, ("delta-rs", "the model"))


    @property
    def has_changes(self):
        return self.properties.get("delta.enableChangeDataFeed") == "true"

    @property
    def has_row_ids(self):
        return self.properties.get("delta.enableRowTracking") == "true"

    def check_changes(self, before, after, first, last):
        """What the feed says of versions first … last leads from the rows before to those after."""
        frame = spark().read.format("delta").option("readChangeFeed", "true").option("startingVersion", first) \
            .option("endingVersion", last).load(str(self.path)).drop("_commit_timestamp")
        theirs = frame.collect()
        ours = self.tarn.sql(f"SELECT * EXCEPT (_commit_timestamp) FROM table_changes_by_path('{self.path}', {first}, {last})")
        same_rows(ours, theirs, frame.schema, ("Tarn's changes", "Spark's"))
        columns = [f for f in frame.schema if not f.name.startswith("_c")]
        schema = type(frame.schema)(columns)
        count = canonical_rows([without_id(row) for row in before], schema)
        for change in theirs:
            row = canonical_rows([change.asDict()], schema)
            (count.update if change["_change_type"] in ("insert", "update_postimage") else count.subtract)(row)
        left = {row: times for row, times in count.items() if times != 0}
        assert left == canonical_rows([without_id(row) for row in after], schema), f"the changes of {first} to {last} do not lead to the rows"

    def rows_with_ids(self, rows, used):
        """`rows` with the ids that Spark reads. Those that have one keep it; others get one that nobody ever had."""
        frame = spark_rows(self.path).selectExpr("*", "_metadata.row_id AS __id")
        schema = type(frame.schema)([f for f in frame.schema if f.name != "__id"])
        spell = lambda row: json.dumps(canonical(row, schema), sort_keys=True, ensure_ascii=False)
        found = collections.Counter((spell(row), row["__id"]) for row in (r.asDict(recursive=True) for r in frame.collect()))
        assert all(times == 1 and row_id is not None for (_, row_id), times in found.items()), "row ids are NULL or not unique"
        for row in rows:
            if "__id" in row:
                key = (spell(row), row["__id"])
                assert found.pop(key, 0) == 1, f"a row lost its id {row['__id']}: {key[0][:300]}; now {[k for k in found if k[0] == key[0]][:3]}"
        fresh = collections.defaultdict(list)
        for text, row_id in found:
            assert row_id not in used, f"row id {row_id} was another row's: {text[:300]}"
            fresh[text].append(row_id)
        named = [row if "__id" in row else {**row, "__id": fresh[spell(row)].pop()} for row in rows]
        used.update(row["__id"] for row in named)
        return named


class Run:
    """A sequence on one table. History: the rows before each step, the statement, who ran it."""

    def __init__(self, table, seed):
        self.table = table
        self.random = random.Random(seed)
        self.generator = Generator(self.random, table.partitioned)
        self.states = []   # (kinds, rows) before each step
        self.steps = []    # (statement, by)
        self.by_version = {}
        self.done = {}     # engine -> statements it ran
        self.refused = {}  # kind -> times
        self.kinds_done = {}

    def start(self):
        rows = [self.generator.row() for _ in range(40)]
        self.table.create(self.random.choice(["Spark", "Tarn"]) if self.table.columns == "either" else "Spark", self.generator.kinds, rows)
        self.used_ids = set()
        self.rows = rows
        self.remember()

    def remember(self):
        if self.table.has_row_ids:
            self.rows = self.table.rows_with_ids(self.rows, self.used_ids)
        self.by_version[self.table.version()] = (dict(self.generator.kinds), self.rows, self.generator.constraints)

    def choose(self):
        g, mapped = self.generator, "delta.columnMapping.mode" in self.table.properties
        kinds = [(g.insert, 22), (g.update, 18), (g.delete, 12), (g.merge, 26), (g.replace_where, 5), (g.replace_using, 4),
                 (g.insert_from_itself, 4), (g.overwrite, 3), (g.add_column, 2), (g.evolve, 2), (g.merge_evolving, 3), (g.truncate, 1),
                 (self.restore, 4), (g.purge, 3), (g.vacuum, 2), (self.optimize, 5), (g.add_constraint, 2)]
        if g.constraints:
            kinds += [(g.violate, 3), (g.drop_constraint, 2)]
        if mapped:
            kinds.append((g.drop_column, 2))
            if any(c.startswith(("n", "r")) for c in g.kinds):
                kinds.append((g.rename_column, 4))
        if len(self.rows) > 200:
            kinds.append((g.delete, 60))
        return self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]()

    def optimize(self):
        if not self.table.cluster:
            return self.generator.optimize()
        return self.generator.cluster() if self.random.random() < 0.3 else Statement("OPTIMIZE", "OPTIMIZE {t}", lambda old: old)

    def restore(self):
        current = set(self.generator.kinds)
        fitting = [v for v, (kinds, _, _) in self.by_version.items() if set(kinds) == current]
        version = self.random.choice(fitting[-6:])
        _, rows, self.generator.constraints = self.by_version[version]
        run = lambda delta, schema: delta.restore(version)
        # delta-rs refuses the newest version.
        return Statement("RESTORE", f"RESTORE TABLE {{t}} TO VERSION AS OF {version}", lambda old: rows,
                         delta_rs=run if version < self.table.version() else None)

    def step(self):
        kinds = dict(self.generator.kinds)
        statement = self.choose()
        engines = self.random.choices(["Tarn", "Spark", "delta-rs"], [6, 3, 5 if statement.delta_rs else 0], k=1)
        engines += [e for e in ("Tarn", "Spark") if e not in engines]
        self.states.append((kinds, self.rows))
        try:
            expected = statement.apply(self.rows)
        except Ambiguous as ambiguous:
            self.steps.append((statement, "Tarn"))
            return self.expect_refusal(statement, str(ambiguous))
        if statement.refused:
            self.steps.append((statement, "Tarn"))
            return self.expect_refusal(statement, "certain")
        before = self.table.version()
        for by in engines:
            if by == "delta-rs" and not self.table.delta_rs:
                continue
            self.steps.append((statement, by))
            result = self.table.execute(by, statement)
            if result is False:
                self.steps.pop()
                self.refused[f"{statement.kind} by {by}"] = self.refused.get(f"{statement.kind} by {by}", 0) + 1
                continue
            if by == "Tarn" and statement.counts and isinstance(result, list):
                counts = statement.counts(self.rows)
                for key, count in counts.items():
                    assert result[0].get(key) == count, f"Tarn says {result[0]}, the model {counts}"
            self.done[by] = self.done.get(by, 0) + 1
            self.kinds_done[statement.kind] = self.kinds_done.get(statement.kind, 0) + 1
            break
        else:
            raise AssertionError(f"no engine takes {statement.sql[:300]}")
        self.table.check(expected)
        if self.table.has_changes and self.table.version() > before:
            self.table.check_changes(self.rows, expected, before + 1, self.table.version())
        if statement.forgets:
            self.by_version.clear()
        self.rows = expected
        self.remember()

    def expect_refusal(self, statement, certainty):
        if certainty != "certain":
            return  # Databricks and open-source Delta differ in whether rows that no clause changes count.
        for by in ("Tarn", "Spark"):
            try:
                self.table.run(by, statement.sql.replace("{t}", self.table.name))
            except Exception as error:
                assert (statement.refused or "MULTIPLE_SOURCE_ROW") in str(error), f"{by}: {error}"
            else:
                raise AssertionError(f"{by} took what must fail: {statement.refused or 'several source rows for one target row'}")
        self.table.check(self.rows)

    def shrink(self):
        """How many of the last statements, on a fresh table of the rows before them, still fail."""
        for length in [n for n in (1, 2, 4, 8) if n <= len(self.steps)]:
            kinds, rows = self.states[-length]
            try:
                self.table.create("Spark", kinds, rows)
                for statement, by in self.steps[-length:]:
                    rows = statement.apply(rows)
                    self.table.execute(by, statement)
                    self.table.check(rows)
            except Exception as error:
                texts = [f"    {by}: {statement.sql[:1500]}" for statement, by in self.steps[-length:]]
                return "\n".join([f"shrunk to {length}: {str(error)[:600]}", f"    rows before: {json.dumps(rows, default=str)[:1500]}", *texts])
        return "not shrunk: it needs what the table went through before"


class RandomStatements:
    independent = True  # A case may run without those before it.

    def __init__(self, home):
        self.home = home
        self.tarn = Tarn(home / "root")

    def sequence(self, name, partitioned=False, delta_rs=True, cluster=False, columns="either", **properties):
        properties = {key.replace("_", "."): value for key, value in properties.items()}
        table = Table(self.tarn, self.home / name, partitioned, properties, delta_rs, cluster, columns)
        seed = SEED ^ zlib.crc32(name.encode())
        run = Run(table, seed)
        run.start()
        table.check(run.rows)
        for number in range(1, STEPS + 1):
            try:
                run.step()
            except Exception as error:
                statement, by = run.steps[-1] if run.steps else (None, "")
                told = f"step {number} of {name}, seed {SEED}, run by {by}: {statement.sql[:1500] if statement else ''}\n{str(error)[:900]}\n"
                told += run.shrink() + f"\nreplay: make random SEED={SEED} STEPS={number} VARIANT={name}"
                raise AssertionError(told) from error
        refused = ", ".join(f"{kind} {times}" for kind, times in sorted(run.refused.items()) if kind.endswith("by Tarn"))
        ran = ", ".join(f"{by} {times}" for by, times in sorted(run.done.items()))
        return f"{STEPS} steps of {len(run.kinds_done)} kinds, seed {SEED}: {ran}; {len(run.rows)} rows" + (f"; refused by name: {refused}" if refused else "") + "".join(f"\n    {n}x {text}" for text, n in table.said.most_common(5))

    def case_plain(self):
        return self.sequence("plain", delta_enableDeletionVectors="true")

    def case_rewritten(self):
        return self.sequence("rewritten", delta_enableDeletionVectors="false")

    def case_partitioned(self):
        return self.sequence("partitioned", partitioned=True, delta_enableDeletionVectors="true")

    def case_mapped(self):
        return self.sequence("mapped", delta_rs=False, columns="Spark", delta_columnMapping_mode="name", delta_enableDeletionVectors="true")

    def case_change_feed(self):
        return self.sequence("change_feed", columns="Spark", delta_enableChangeDataFeed="true", delta_enableDeletionVectors="true")

    def case_row_tracking(self):
        return self.sequence("row_tracking", columns="Spark", delta_enableRowTracking="true", delta_enableDeletionVectors="true")

    def case_clustered(self):
        return self.sequence("clustered", cluster=True, columns="Spark", delta_enableDeletionVectors="true")


GROUPS = [RandomStatements]
