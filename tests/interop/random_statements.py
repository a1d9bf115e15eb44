"""Random statements with a model of what they do: each is Spark SQL text, a function over rows and, where delta-rs can do
it, a call. The model is Python, so that no engine judges itself."""
import datetime
import decimal
import re

KINDS = {  # Column -> Spark type, in order.
    "id": "BIGINT", "v": "BIGINT", "s": "STRING", "p": "STRING", "d": "DECIMAL(10,2)", "day": "DATE",
    "st": "STRUCT<a: INT, b: STRING>", "tags": "ARRAY<STRING>",
}
PARTITIONS = ["a", "b c", "d/e=f", None]  # '' would be NULL where it is a partition


class Ambiguous(Exception):
    """The statement must fail: several source rows for one target row."""


class Statement:
    """`sql` has {t} for the table; `spark`: its text there, "" when Spark has none. `apply(rows)` gives the new rows; it must not
    change the old ones. `counts(rows)`: affected, updated, deleted, inserted where the statement reports them. `delta_rs(table)`
    does it there. `refused`: what the error says that it must end with. `forgets`: older versions cannot be read any more."""

    def __init__(self, kind, sql, apply, counts=None, delta_rs=None, settings=None, spark=None, refused=None, forgets=False):
        self.kind, self.sql, self.apply, self.counts, self.delta_rs = kind, sql, apply, counts, delta_rs
        self.settings, self.refused, self.forgets = settings or {}, refused, forgets
        self.spark = sql if spark is None else spark


def without_id(row):
    """A copy that is a new row, where rows have ids."""
    return {column: value for column, value in row.items() if column != "__id"}


class Condition:
    """SQL text over {a} (a prefix such as "t."), and a function of a row that is True, False or None."""

    def __init__(self, text, test):
        self.text, self.test = text, test

    def sql(self, prefix=""):
        return self.text.replace("{a}", prefix)


def literal(value, kind):
    if value is None:
        return f"CAST(NULL AS {kind})"
    if isinstance(value, str):
        text = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return text
    if isinstance(value, decimal.Decimal):
        return f"CAST({value} AS {kind})"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, dict):
        return f"named_struct('a', {literal(value['a'], 'INT')}, 'b', {literal(value['b'], 'STRING')})"
    if isinstance(value, list):
        return "array(" + ", ".join(literal(v, "STRING") for v in value) + ")" if value else "CAST(array() AS ARRAY<STRING>)"
    return f"CAST({value} AS {kind})"


def delta_rs_text(text):
    """Spark's text as DataFusion reads it: a quote is doubled, a backslash is itself."""
    return re.sub(r"\\(.)", lambda escaped: "''" if escaped[1] == "'" else escaped[1], text)


class Generator:
    def __init__(self, random, partitioned, columns=None):
        self.random, self.partitioned = random, partitioned
        self.kinds = dict(columns or KINDS)
        self.constraints = {}  # name -> the id that rows must be below
        self.added = 0

    # ---- Values and rows
    def value(self, column):
        r = self.random
        if r.random() < 0.12 and column != "id":
            return None
        kind = self.kinds[column]
        if column == "id":
            return r.randrange(60) if r.random() > 0.03 else None
        if column == "p":
            return r.choice(PARTITIONS)
        if kind == "BIGINT":
            return r.choice([r.randrange(-50, 200), r.randrange(10**12)])
        if kind == "INT":
            return r.randrange(-100, 100)
        if kind == "STRING":
            return r.choice(["", "x", "Ünï", "it's", "long " * 12, "back\\slash", "k%3D", "\U0001F600 wide"]) + str(r.randrange(5))
        if kind.startswith("DECIMAL"):
            return decimal.Decimal(r.randrange(-10**6, 10**6)).scaleb(-2)
        if kind == "DATE":
            return datetime.date(1970 + r.randrange(80), 1 + r.randrange(12), 1 + r.randrange(28))
        if kind.startswith("STRUCT"):
            return {"a": r.choice([None, r.randrange(10)]), "b": r.choice([None, "in", "ner"])}
        return [r.choice(["t1", "t2", None]) for _ in range(r.randrange(3))]

    def row(self):
        return {column: self.value(column) for column in self.kinds}

    def rows_sql(self, rows, columns):
        """SELECT … UNION ALL …: every value typed, so that no engine has to guess."""
        return " UNION ALL ".join("SELECT " + ", ".join(f"{literal(row[c], self.kinds[c])} AS {c}" for c in columns) for row in rows)

    # ---- Conditions
    def condition(self, depth=0):
        r = self.random
        if depth < 2 and r.random() < 0.25:
            return self.combined(self.condition(depth + 1), self.condition(depth + 1))
        n, m = r.randrange(60), r.randrange(2, 6)
        some = sorted({r.randrange(60) for _ in range(r.randrange(1, 9))})
        name = r.choice(PARTITIONS[:3])
        choices = [
            Condition(f"{{a}}id % {m} = {n % m}", lambda t: None if t["id"] is None else t["id"] % m == n % m),
            Condition(f"{{a}}id < {n}", lambda t: None if t["id"] is None else t["id"] < n),
            Condition(f"{{a}}id IN ({', '.join(map(str, some))})", lambda t: None if t["id"] is None else t["id"] in some),
            Condition(f"{{a}}id BETWEEN {n} AND {n + 5}", lambda t: None if t["id"] is None else n <= t["id"] <= n + 5),
            Condition(f"{{a}}p = '{name}'", lambda t: None if t["p"] is None else t["p"] == name),
            Condition("{a}p IS NULL", lambda t: t["p"] is None),
            Condition("TRUE", lambda t: True),
        ]
        if "v" in self.kinds:
            choices.append(Condition(f"{{a}}v > {n}", lambda t: None if t["v"] is None else t["v"] > n))
        if "s" in self.kinds:
            choices.append(Condition("{a}s IS NOT NULL", lambda t: t["s"] is not None))
        if "st" in self.kinds:
            choices.append(Condition("{a}st.a < 5", lambda t: None if t["st"] is None or t["st"]["a"] is None else t["st"]["a"] < 5))
        return r.choice(choices[:-1] if r.random() < 0.9 else choices)

    def combined(self, left, right):
        def both(t):
            a, b = left.test(t), right.test(t)
            return False if a is False or b is False else None if a is None or b is None else True

        def either(t):
            a, b = left.test(t), right.test(t)
            return True if a or b else None if a is None or b is None else False
        if self.random.random() < 0.5:
            return Condition(f"({left.text} AND {right.text})", both)
        return Condition(f"({left.text} OR {right.text})", either)

    # ---- Assignments: (target text, value text, path, function of the row)
    def assignment(self, prefix=""):
        r = self.random
        n = r.randrange(1, 50)
        choices = [("p", *self.constant("p"))]
        if "v" in self.kinds:
            choices += [("v", f"{prefix}v + {n}", lambda t: None if t["v"] is None else t["v"] + n), ("v", *self.constant("v")),
                        ("v", f"{prefix}id * 2", lambda t: None if t["id"] is None else t["id"] * 2)]
        if "s" in self.kinds:
            choices += [("s", f"{prefix}s || 'y'", lambda t: None if t["s"] is None else t["s"][:40] + "y" if len(t["s"]) < 40 else t["s"] + "y"),
                        ("s", f"coalesce({prefix}s, 'none')", lambda t: "none" if t["s"] is None else t["s"]), ("s", *self.constant("s"))]
        if "st" in self.kinds:
            choices += [("st.a", f"{n}", lambda t: n), ("st", *self.constant("st"))]
        choices += [(c, *self.constant(c)) for c in ("d", "day", "tags") if c in self.kinds]
        return r.choice(choices)

    def constant(self, column):
        value = self.value(column)
        return literal(value, self.kinds[column]), lambda t: value

    def assignments(self, prefix=""):
        chosen = {}
        for _ in range(self.random.randrange(1, 4)):
            path, text, function = self.assignment(prefix)
            if not any(path.split(".")[0] == other.split(".")[0] for other in chosen):
                chosen[path] = (text, function)
        return chosen

    @staticmethod
    def assign(row, assigned, context=None):
        new = dict(row)
        for path, (_, function) in assigned.items():
            value = function(context or row)
            if path == "st.a":
                new["st"] = {"a": value, "b": row["st"]["b"] if row["st"] else None}
            else:
                new[path] = value
        return new

    # ---- Statements
    def insert(self):
        r = self.random
        rows = [self.row() for _ in range(r.randrange(1, 8))]
        columns = list(self.kinds)
        form = r.choice(["plain", "columns", "name", "values", "with"])
        if form in ("columns", "name"):
            r.shuffle(columns)
            columns = [c for c in columns if c in ("id", "p") or r.random() < 0.7]
            rows = [{c: row[c] if c in columns else None for c in self.kinds} for row in rows]
        if form == "values":
            body = "VALUES " + ", ".join("(" + ", ".join(literal(row[c], self.kinds[c]) for c in columns) + ")" for row in rows)
            if self.partitioned and r.random() < 0.5:
                return self.insert_partition(rows)
        else:
            body = self.rows_sql(rows, columns)
        listed = f" ({', '.join(columns)})" if form == "columns" else " BY NAME" if form == "name" else ""
        text = f"WITH c AS ({body}) INSERT INTO {{t}} SELECT * FROM c" if form == "with" else f"INSERT INTO {{t}}{listed} {body}"
        return Statement("INSERT " + form, text, lambda old: old + rows,
                         lambda old: {"num_affected_rows": len(rows), "num_inserted_rows": len(rows)}, self.append(rows))

    def append(self, rows):
        def run(delta, schema):
            import pyarrow as pa
            from deltalake import write_deltalake
            write_deltalake(delta, pa.Table.from_pylist(rows, schema=schema), mode="append")
        return run

    def insert_partition(self, rows):
        p = self.random.choice(PARTITIONS[:3])
        rows = [{**row, "p": p} for row in rows]
        columns = [c for c in self.kinds if c != "p"]
        overwrite = self.random.random() < 0.4
        body = self.rows_sql(rows, columns)
        sql = f"INSERT {'OVERWRITE' if overwrite else 'INTO'} {{t}} PARTITION (p = {literal(p, 'STRING')}) {body}"
        keep = (lambda old: [t for t in old if t["p"] != p]) if overwrite else (lambda old: old)
        return Statement("INSERT PARTITION", sql, lambda old: keep(old) + rows)

    def overwrite(self):
        rows = [self.row() for _ in range(self.random.randrange(20, 40))]
        if self.partitioned and self.random.random() < 0.6:
            rows = rows[:5]
            touched = {row["p"] for row in rows}
            return Statement("INSERT OVERWRITE dynamic", "INSERT OVERWRITE {t} " + self.rows_sql(rows, list(self.kinds)),
                             lambda old: [t for t in old if t["p"] not in touched] + rows,
                             settings={"spark.sql.sources.partitionOverwriteMode": "dynamic"})
        return Statement("INSERT OVERWRITE", "INSERT OVERWRITE {t} " + self.rows_sql(rows, list(self.kinds)), lambda old: rows)

    def replace_where(self):
        condition = self.condition()
        rows = [row for row in (self.row() for _ in range(12)) if condition.test(row)]
        if not rows:
            return self.delete()
        return Statement("REPLACE WHERE", f"INSERT INTO {{t}} REPLACE WHERE {condition.sql()} " + self.rows_sql(rows, list(self.kinds)),
                         lambda old: [t for t in old if not condition.test(t)] + rows)

    def replace_using(self):
        rows = [self.row() for _ in range(self.random.randrange(1, 6))]
        ids = {row["id"] for row in rows} - {None}
        if self.random.random() < 0.5:
            sql = "INSERT INTO {t} REPLACE USING (id) " + self.rows_sql(rows, list(self.kinds))
            return Statement("REPLACE USING", sql, lambda old: [t for t in old if t["id"] not in ids] + rows, spark="")
        pairs = {(row["id"], row["p"]) for row in rows}
        sql = "INSERT INTO {t} AS t REPLACE ON t.id = s.id AND t.p <=> s.p (" + self.rows_sql(rows, list(self.kinds)) + ") AS s"
        return Statement("REPLACE ON", sql, lambda old: [t for t in old if t["id"] is None or (t["id"], t["p"]) not in pairs] + rows, spark="")

    def insert_from_itself(self):
        condition = self.condition()
        limit = self.random.randrange(5, 15)

        def apply(old):
            return old + [without_id(t) for t in old if t["id"] is not None and t["id"] < limit and condition.test(t)]
        return Statement("INSERT SELECT", f"INSERT INTO {{t}} SELECT * FROM {{t}} WHERE id < {limit} AND {condition.sql()}", apply)

    def update(self):
        condition, assigned = self.condition(), self.assignments()
        sets = ", ".join(f"{path} = {text}" for path, (text, _) in assigned.items())

        def run(delta, schema):
            delta.update(predicate=delta_rs_text(condition.sql()), updates={p: delta_rs_text(t) for p, (t, _) in assigned.items()})
        nested = any("." in path or path in ("st", "tags", "d", "day") for path in assigned) or ".a" in condition.text
        return Statement("UPDATE", f"UPDATE {{t}} SET {sets} WHERE {condition.sql()}",
                         lambda old: [self.assign(t, assigned) if condition.test(t) else t for t in old],
                         lambda old: {"num_affected_rows": sum(1 for t in old if condition.test(t))}, None if nested else run)

    def delete(self):
        condition = self.condition()

        def run(delta, schema):
            delta.delete(predicate=delta_rs_text(condition.sql()))
        return Statement("DELETE", f"DELETE FROM {{t}} WHERE {condition.sql()}", lambda old: [t for t in old if not condition.test(t)],
                         lambda old: {"num_affected_rows": sum(1 for t in old if condition.test(t))}, None if "st.a" in condition.text else run)

    # ---- MERGE
    def merge(self):
        r = self.random
        source = {}
        for _ in range(r.randrange(1, 14)):
            row = self.row()
            source[row["id"]] = row
        rows = list(source.values())
        clauses = self.merge_clauses()
        if r.random() < 0.08:
            rows.append(dict(r.choice(rows)))
        extra = self.condition() if r.random() < 0.25 else None
        on = "t.id = s.id" + (f" AND {extra.sql('t.')}" if extra else "")
        text = " ".join(c["sql"] for c in clauses)
        sql = f"MERGE INTO {{t}} t USING ({self.rows_sql(rows, list(self.kinds))}) s ON {on} {text}"

        def outcome(old):
            return self.merged(old, rows, extra, clauses)
        simple = len(clauses) <= 2 and all(c["simple"] for c in clauses) and not extra
        return Statement("MERGE", sql, lambda old: outcome(old)[0], lambda old: outcome(old)[1],
                         self.upsert(rows, clauses) if simple and len({row["id"] for row in rows}) == len(rows) else None)

    def merge_evolving(self):
        rows = list({row["id"]: row for row in (self.row() for _ in range(6))}.values())
        self.added += 1
        name = f"n{self.added}"
        self.kinds[name] = "STRING"
        source = [{**row, name: f"e{i}"} for i, row in enumerate(rows)]
        clauses = [{"when": "MATCHED", "holds": lambda t, s: True, "act": "update", "give": lambda t, s: dict(s), "conditional": False},
                   {"when": "NOT MATCHED", "holds": lambda t, s: True, "act": "insert", "give": lambda t, s: dict(s), "conditional": False}]
        sql = (f"MERGE {{evolution}} INTO {{t}} t USING ({self.rows_sql(source, list(self.kinds))}) s ON t.id = s.id "
               "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")

        def outcome(old):
            return self.merged([{**t, name: None} for t in old], source, None, clauses)
        return Statement("MERGE evolving", sql, lambda old: outcome(old)[0], lambda old: outcome(old)[1])

    def upsert(self, rows, clauses):
        def run(delta, schema):
            import pyarrow as pa
            merger = delta.merge(pa.Table.from_pylist(rows, schema=schema), "t.id = s.id", source_alias="s", target_alias="t")
            for clause in clauses:
                merger = {"update": merger.when_matched_update_all, "insert": merger.when_not_matched_insert_all,
                          "delete": merger.when_matched_delete}[clause["act"]]()
            merger.execute()
        return run

    def merge_clauses(self):
        r = self.random
        clauses = []
        for when in ("MATCHED", "NOT MATCHED", "NOT MATCHED BY SOURCE"):
            count = r.choice({"MATCHED": [0, 1, 1, 2, 3], "NOT MATCHED": [0, 1, 1, 2], "NOT MATCHED BY SOURCE": [0, 0, 0, 1, 2]}[when])
            for i in range(count):
                clauses.append(self.merge_clause(when, i + 1 < count or r.random() < 0.4))
        return clauses or [self.merge_clause("NOT MATCHED", False)]

    def merge_clause(self, when, conditional):
        r = self.random
        side = "s." if when == "NOT MATCHED" else "t." if when != "MATCHED" else r.choice(["s.", "t."])
        condition = self.condition() if conditional else None
        head = f"WHEN {when}" + (f" AND {condition.sql(side)}" if condition else "")

        def holds(t, s):
            return condition is None or condition.test(s if side == "s." else t) is True
        clause = {"when": when, "holds": holds, "simple": False, "conditional": conditional}
        if when == "NOT MATCHED":
            if r.random() < 0.5:
                return {**clause, "act": "insert", "sql": head + " THEN INSERT *", "simple": not conditional, "give": lambda t, s: dict(s)}
            columns = ["id", "p"] + [c for c in self.kinds if c not in ("id", "p") and r.random() < 0.6]
            text = f" THEN INSERT ({', '.join(columns)}) VALUES ({', '.join('s.' + c for c in columns)})"
            return {**clause, "act": "insert", "sql": head + text, "give": lambda t, s: {c: s[c] if c in columns else None for c in self.kinds}}
        if r.random() < 0.3:
            return {**clause, "act": "delete", "sql": head + " THEN DELETE", "simple": when == "MATCHED" and not conditional}
        if when == "MATCHED" and r.random() < 0.45:
            return {**clause, "act": "update", "sql": head + " THEN UPDATE SET *", "simple": not conditional, "give": lambda t, s: dict(s)}
        prefix = "s." if when == "MATCHED" and r.random() < 0.5 else "t."
        assigned = self.assignments(prefix)
        sets = ", ".join(f"t.{path} = {text}" for path, (text, _) in assigned.items())
        return {**clause, "act": "update", "sql": head + f" THEN UPDATE SET {sets}",
                "give": lambda t, s: self.assign(t, assigned, s if prefix == "s." else t)}

    @staticmethod
    def merged(old, rows, extra, clauses):
        new, counts, matched_source = [], {"update": 0, "delete": 0, "insert": 0}, set()
        matched_clauses = [c for c in clauses if c["when"] == "MATCHED"]
        lone_delete = len(matched_clauses) == 1 and matched_clauses[0]["act"] == "delete" and not matched_clauses[0]["conditional"]
        for t in old:
            pairs = [i for i, s in enumerate(rows) if t["id"] is not None and t["id"] == s["id"] and (not extra or extra.test(t))]
            matched_source.update(pairs)
            acts = []
            for i in pairs or [None]:
                when = "NOT MATCHED BY SOURCE" if i is None else "MATCHED"
                s = None if i is None else rows[i]
                act = next((c for c in clauses if c["when"] == when and c["holds"](t, s)), None)
                if act:
                    acts.append((act, s))
            if len(pairs) > 1 and matched_clauses and not lone_delete:
                # Spark and Databricks part here when no clause changes the row twice: not asked.
                raise Ambiguous("certain" if len(acts) > 1 else "maybe")
            if not acts:
                new.append(t)
                continue
            counts[acts[0][0]["act"]] += 1
            if acts[0][0]["act"] == "update":
                given = acts[0][0]["give"](t, acts[0][1])
                new.append({**given, "__id": t["__id"]} if "__id" in t else given)
        for i, s in enumerate(rows):
            act = None if i in matched_source else next((c for c in clauses if c["when"] == "NOT MATCHED" and c["holds"](None, s)), None)
            if act:
                counts["insert"] += 1
                new.append(act["give"](None, s))
        return new, {"num_affected_rows": sum(counts.values()), "num_updated_rows": counts["update"],
                     "num_deleted_rows": counts["delete"], "num_inserted_rows": counts["insert"]}

    # ---- Definitions and upkeep
    def add_column(self):
        self.added += 1
        name = f"n{self.added}"
        kind = self.random.choice(["BIGINT", "STRING", "DECIMAL(10,2)", "DATE"])
        self.kinds[name] = kind
        return Statement("ADD COLUMN", f"ALTER TABLE {{t}} ADD COLUMNS ({name} {kind})", lambda old: [{**t, name: None} for t in old])

    def evolve(self):
        self.added += 1
        name = f"n{self.added}"
        self.kinds[name] = "BIGINT"
        rows = [self.row() for _ in range(3)]
        return Statement("INSERT evolving", f"INSERT {{evolution}} INTO {{t}} BY NAME {self.rows_sql(rows, list(self.kinds))}",
                         lambda old: [{**t, name: None} for t in old] + rows)

    def rename_column(self):
        name = self.random.choice([c for c in self.kinds if c not in ("id", "p", "v", "s", "st", "d", "day", "tags")])
        self.added += 1
        new = f"r{self.added}"
        self.kinds = {new if c == name else c: kind for c, kind in self.kinds.items()}
        return Statement("RENAME COLUMN", f"ALTER TABLE {{t}} RENAME COLUMN {name} TO {new}",
                         lambda old: [{new if c == name else c: value for c, value in t.items()} for t in old])

    def drop_column(self):
        name = self.random.choice([c for c in self.kinds if c not in ("id", "p")])
        del self.kinds[name]
        return Statement("DROP COLUMN", f"ALTER TABLE {{t}} DROP COLUMN {name}", lambda old: [{c: x for c, x in t.items() if c != name} for t in old])

    def optimize(self):
        zorder = self.random.random() < 0.4
        if zorder:
            return Statement("ZORDER", "OPTIMIZE {t} ZORDER BY (id)", lambda old: old, delta_rs=lambda delta, schema: delta.optimize.z_order(["id"]))
        return Statement("OPTIMIZE", "OPTIMIZE {t}", lambda old: old, delta_rs=lambda delta, schema: delta.optimize.compact())

    def cluster(self):
        return Statement("OPTIMIZE FULL", "OPTIMIZE {t} FULL", lambda old: old)

    def purge(self):
        return Statement("REORG PURGE", "REORG TABLE {t} APPLY (PURGE)", lambda old: old)

    def vacuum(self):
        def run(delta, schema):
            delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        return Statement("VACUUM", "VACUUM {t} RETAIN 0 HOURS", lambda old: old, delta_rs=run, forgets=True,
                         settings={"spark.databricks.delta.retentionDurationCheck.enabled": "false"})

    def truncate(self):
        return Statement("TRUNCATE", "TRUNCATE TABLE {t}", lambda old: [], spark="DELETE FROM {t}")

    def add_constraint(self):
        self.added += 1
        name, limit = f"c{self.added}", self.random.randrange(100, 1000)
        self.constraints = {**self.constraints, name: limit}
        return Statement("ADD CONSTRAINT", f"ALTER TABLE {{t}} ADD CONSTRAINT {name} CHECK (id IS NULL OR id < {limit})", lambda old: old)

    def drop_constraint(self):
        name = self.random.choice(list(self.constraints))
        self.constraints = {c: limit for c, limit in self.constraints.items() if c != name}
        return Statement("DROP CONSTRAINT", f"ALTER TABLE {{t}} DROP CONSTRAINT {name}", lambda old: old)

    def violate(self):
        row = {**self.row(), "id": max(self.constraints.values()) + self.random.randrange(5)}
        return Statement("violate CHECK", "INSERT INTO {t} " + self.rows_sql([self.row(), row], list(self.kinds)), lambda old: old,
                         refused="CONSTRAINT")
