"""Tables on S3, against a real server: every statement, other engines beside Tarn, writers that race, a server that fails."""
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from example_cases import EXAMPLE, TABLES, VIEWS
from harness import BINARY, CHECKOUT, Tarn, delta_rs_rows, equal, same_rows, spark_rows
from s3_server import KEY, SECRET, SERVER, FaultProxy, Gateway
from table_cases import COLUMNS, ROWS, run_together


def versions(folder):
    return sorted(int(p.name.split(".")[0]) for p in (folder / "_delta_log").glob("*.json") if p.name[:20].isdigit())


class OnS3:
    @classmethod
    def skip(cls):
        return None if SERVER.exists() else f"{SERVER} is missing (scripts/setup-peers.sh makes it where there is Go)"

    def __init__(self, home):
        self.home = home
        self.gateway = Gateway(home)
        self.lake = self.gateway.bucket("lake")
        self.tarn = Tarn(home / "root", self.gateway.environment())

    def agree(self, table, delta_rs=True):
        """Tarn and delta-rs through S3, Spark over the server's own folder."""
        frame = spark_rows(self.lake / table)
        rows = self.tarn.sql(f"SELECT * FROM delta.`s3://lake/{table}`")
        count = same_rows(rows, frame.collect(), frame.schema, ("Tarn", "Spark"))
        if delta_rs:
            same_rows(rows, delta_rs_rows(f"s3://lake/{table}", storage_options=self.gateway.delta_rs_options()), frame.schema,
                      ("Tarn", "delta-rs"))
        return f"{count} rows"


class TablesOnS3(OnS3):
    def case_every_promise_of_the_store(self):
        program = BINARY.parent / "tests" / "unit" / "storage" / "object_store_test"
        if not program.exists():
            return f"skipped: {program} is not built"
        done = subprocess.run([str(program), "--gtest_filter=*s3*"], capture_output=True, text=True, timeout=300,
                              env={**os.environ, **self.gateway.environment(), "TARN_TEST_S3": "s3://lake/unit"})
        assert done.returncode == 0 and "SKIPPED" not in done.stdout, done.stdout[-1500:]
        return re.search(r"PASSED  \] (\d+ tests)", done.stdout).group(1)

    def case_every_type(self):
        self.tarn.sql(f"CREATE TABLE everything ({COLUMNS}) LOCATION 's3://lake/everything'")
        self.tarn.sql(f"INSERT INTO everything VALUES {ROWS}")
        return self.agree("everything")

    def case_life_of_a_table(self):
        self.tarn.sql("""CREATE TABLE orders (id INT, status STRING, cents BIGINT) LOCATION 's3://lake/orders';
            INSERT INTO orders SELECT CAST(id AS INT), 'new', id * 10 FROM RANGE(5000);
            UPDATE orders SET status = 'paid' WHERE id % 3 = 0;
            DELETE FROM orders WHERE id % 10 = 7;
            MERGE INTO orders AS t USING (SELECT CAST(id AS INT) AS id, 'merged' AS status, id AS cents FROM RANGE(4900, 5100)) AS s
                ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *""")
        for n in range(10):
            self.tarn.sql(f"INSERT INTO orders VALUES ({10000 + n}, 'later', {n})")
        self.tarn.sql("ALTER TABLE orders ADD COLUMN note STRING; INSERT INTO orders VALUES (20000, 'noted', 1, 'n')")
        equal(int(self.tarn.value("SELECT COUNT(*) FROM orders VERSION AS OF 1")), 5000, "version 1")
        history = self.tarn.sql("DESCRIBE HISTORY orders")
        equal([int(h["version"]) for h in history], list(range(len(history) - 1, -1, -1)), "history")
        assert (self.lake / "orders" / "_delta_log" / "00000000000000000010.checkpoint.parquet").exists(), "no checkpoint"
        assert (self.lake / "orders" / "_delta_log" / "_last_checkpoint").exists(), "no hint"
        fresh = Tarn(self.home / "fresh", self.gateway.environment())
        equal(fresh.value("SELECT COUNT(*) FROM delta.`s3a://lake/orders`"), self.tarn.value("SELECT COUNT(*) FROM orders"), "by path")
        return self.agree("orders")

    def case_partitions_with_awkward_values(self):
        self.tarn.sql("""CREATE TABLE parts (id INT, city STRING, at TIMESTAMP) PARTITIONED BY (city, at) LOCATION 's3://lake/parts';
            INSERT INTO parts VALUES (1, 'Köln/Ehrenfeld', TIMESTAMP '2024-01-01 10:11:12'), (2, 'a=b c%+&#?', NULL), (3, NULL, NULL), (4, 'x', NULL);
            DELETE FROM parts WHERE id = 3""")
        return self.agree("parts")

    def case_delta_rs_writes_beside_tarn(self):
        options = self.gateway.delta_rs_options()
        write_deltalake("s3://lake/mixed", pa.table({"id": pa.array([1, 2, 3], pa.int64()), "v": ["a", "b", "c"]}), storage_options=options)
        self.tarn.sql("INSERT INTO delta.`s3://lake/mixed` VALUES (4, 'tarn'); UPDATE delta.`s3://lake/mixed` SET v = 'x' WHERE id = 2")
        write_deltalake("s3://lake/mixed", pa.table({"id": pa.array([5], pa.int64()), "v": ["e"]}), mode="append", storage_options=options)
        DeltaTable("s3://lake/mixed", storage_options=options).delete("id = 1")
        self.tarn.sql("DELETE FROM delta.`s3://lake/mixed` WHERE id = 5")
        equal(self.tarn.sql("SELECT * FROM delta.`s3://lake/mixed` ORDER BY id"), [{"id": 2, "v": "x"}, {"id": 3, "v": "c"}, {"id": 4, "v": "tarn"}])
        return self.agree("mixed")

    def case_large_files_go_up_in_parts_and_come_down_in_windows(self):
        proxy = FaultProxy(self.gateway)
        tarn = Tarn(self.home / "root", self.gateway.environment(proxy.port))
        tarn.sql("CREATE TABLE large (id BIGINT, a DOUBLE, b DOUBLE, c STRING) LOCATION 's3://lake/large'")
        proxy.begin(lambda *_: None)
        tarn.sql("INSERT INTO large SELECT id, RAND(), RAND(), MD5(CAST(id AS STRING)) FROM RANGE(1000000)")
        parts = sum("partNumber=" in path for _, path in proxy.requests)
        assert parts >= 3, f"{parts} parts"
        size = max(p.stat().st_size for p in (self.lake / "large").glob("*.parquet"))
        proxy.begin(lambda *_: None)
        equal(int(tarn.value("SELECT SUM(id) FROM large WHERE a >= 0")), 499999500000)
        reads = len(proxy.requests)
        assert reads < 60, f"{reads} requests"
        proxy.begin(lambda *_: None)
        equal(int(tarn.value("SELECT COUNT(*) FROM large")), 1000000)
        return f"{size >> 20} MiB, {parts} parts, {reads} requests for two columns, {len(proxy.requests)} to count"

    def case_read_files(self):
        exports = self.lake / "exports"
        (exports / "2024-01" / "_hidden").mkdir(parents=True)
        (exports / "2024-02").mkdir()
        rows = [{"_id": {"$oid": f"{n:024x}"}, "n": n, "at": {"$date": "2024-01-01T00:00:00Z"}} for n in range(3000)]
        (exports / "2024-01" / "a.json").write_text(json.dumps(rows[:1000]))
        (exports / "2024-01" / "_hidden" / "x.json").write_text("[{}]")
        (exports / "2024-02" / "b c+d.json.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows[1000:])).encode()))
        (exports / "items.csv").write_text("id,name\n1,one\n2,two\n")
        pq.write_table(pa.table({"id": [1, 2, 3]}), exports / "p.parquet")
        for place, count in (("exports/2024-0?/*", 3000), ("exports/2024-01", 1000), ("exports/2024-{01,02}/*.json*", 3000),
                             ("exports/2024-01/a.json", 1000), ("exports/2024*", 3000)):
            equal(int(self.tarn.value(f"SELECT COUNT(DISTINCT id_oid) FROM read_files('s3://lake/{place}', format => 'mongo')")), count, place)
        equal(self.tarn.value("SELECT MAX(_metadata.file_name) FROM read_files('s3://lake/exports/2024-02/', format => 'mongo')"), "b%20c+d.json.gz")  # As Spark spells it.
        equal(self.tarn.sql("SELECT id, name FROM read_files('s3://lake/exports/items.csv') ORDER BY id"), [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}])
        equal(int(self.tarn.value("SELECT SUM(id) FROM parquet.`s3://lake/exports/p.parquet`")), 6)
        for place in ("none", "exports/none*", "none/*.json"):
            done = self.tarn.command("sql", "--root", self.tarn.root, "-c", f"SELECT * FROM read_files('s3://lake/{place}', format => 'json')", check=False)
            assert done.returncode == 1 and "[PATH_NOT_FOUND]" in done.stderr, f"{place}: {done.stderr}"

    def case_copy_into_loads_each_object_once(self):
        drops = self.lake / "drops" / "day 1"
        drops.mkdir(parents=True)
        for n in range(3):
            (drops / f"part {n}+x.csv").write_text(f"id,name\n{n},name {n}\n")
        copy = "COPY INTO loaded FROM 's3://lake/drops' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')"
        self.tarn.sql("CREATE TABLE loaded (id BIGINT, name STRING) LOCATION 's3://lake/loaded'")
        done = [row["num_inserted_rows"] for row in self.tarn.sql(f"{copy}; {copy}")]
        (drops / "part 3+x.csv").write_text("id,name\n3,name 3\n")
        fresh = Tarn(self.home / "copier", self.gateway.environment())
        done += [row["num_inserted_rows"] for row in fresh.sql(copy.replace("loaded", "delta.`s3://lake/loaded`"))]
        equal(done, [3, 0, 1])
        return self.agree("loaded")

    def case_errors_say_what_to_do_and_keep_secrets(self):
        for change, text, expected in (
                ({"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, "SELECT * FROM delta.`s3://lake/orders`", "[UNAUTHORIZED_ACCESS]"),
                ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "SELECT * FROM delta.`s3://lake/orders`", "AWS_PROFILE"),
                ({}, "SELECT * FROM delta.`s3://nowhere/orders`", "bucket nowhere"),
                ({}, "SELECT * FROM delta.`s3://lake/none`", "[DELTA_MISSING_DELTA_TABLE]"),
                ({"AWS_ENDPOINT_URL": "127.0.0.1:1"}, "SELECT * FROM delta.`s3://lake/orders`", "http://"),
                ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "2"}, "SELECT * FROM delta.`s3://lake/orders`", "2 times")):
            tarn = Tarn(self.tarn.root, {**self.tarn.environment, **change})
            done = tarn.command("sql", "--root", tarn.root, "-c", text, check=False)
            assert done.returncode == 1 and expected in done.stderr, f"{expected}: {done.stderr}"
            for secret in (KEY, SECRET, "wrong-secret"):
                assert secret not in done.stderr + done.stdout, done.stderr

    def case_a_certificate_of_ones_own(self):
        if not shutil.which("openssl"):
            return "skipped: there is no openssl"
        (self.home / "tls").mkdir()
        gateway = Gateway(self.home / "tls", tls=True)
        gateway.bucket("lake")
        for trusted in ({}, {"AWS_CA_BUNDLE": str(gateway.certificate)}, {"SSL_CERT_FILE": str(gateway.certificate)}):
            tarn = Tarn(self.tarn.root, {**gateway.environment(), "AWS_CA_BUNDLE": "", "SSL_CERT_FILE": "", **trusted})
            done = tarn.command("sql", "--root", tarn.root, "--format", "tsv", "-c", "CREATE OR REPLACE TABLE delta.`s3://lake/t` AS SELECT 1 AS id; SELECT count(*) FROM delta.`s3://lake/t`",
                                check=False)
            if trusted:
                assert done.returncode == 0 and done.stdout.split()[-1] == "1", done.stderr
            else:
                assert done.returncode == 1 and "certificate is not trusted" in done.stderr, done.stderr
        gateway.stop()

    def case_keys_of_a_machine_and_of_a_profile(self):
        asked = []

        class Metadata(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked.append((self.command, self.path, self.headers.get("X-aws-ec2-metadata-token")))
                answers = {"/latest/api/token": "tok", "/latest/meta-data/iam/security-credentials/": "role",
                           "/latest/meta-data/iam/security-credentials/role": json.dumps(
                               {"Code": "Success", "AccessKeyId": KEY, "SecretAccessKey": SECRET, "Expiration": "2099-01-01T00:00:00Z"})}
                body = answers[self.path].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_GET

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bare = {**self.gateway.environment(), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        machine = Tarn(self.tarn.root, {**bare, "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{server.server_port}"})
        assert int(machine.value("SELECT COUNT(*) FROM orders")) > 0
        equal([a[2] for a in asked], [None, "tok", "tok"], "IMDSv2 tokens")
        server.shutdown()
        file = self.home / "credentials"
        file.write_text(f"[lake]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
        profile = Tarn(self.tarn.root, {**bare, "AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "lake"})
        assert int(profile.value("SELECT COUNT(*) FROM orders")) > 0

    def case_many_writers(self):
        """Six of Tarn and delta-rs append at once: conditional puts lose nothing."""
        self.tarn.sql("CREATE TABLE race (writer STRING, n INT) LOCATION 's3://lake/race'")
        schema, options, errors = pa.schema([("writer", pa.string()), ("n", pa.int32())]), self.gateway.delta_rs_options(), []

        def by_tarn(name, n):
            self.tarn.sql(f"INSERT INTO race VALUES ('{name}', {n})")

        def by_delta_rs(name, n):
            write_deltalake("s3://lake/race", pa.Table.from_pylist([{"writer": name, "n": n}], schema=schema), mode="append", storage_options=options)

        def writer(name, write):
            for n in range(8):
                try:
                    write(name, n)
                except Exception as error:
                    errors.append(f"{name} {n}: {error}")

        names = [f"tarn {i}" for i in range(6)]
        run_together([threading.Thread(target=writer, args=(name, by_tarn)) for name in names]
                     + [threading.Thread(target=writer, args=("delta-rs", by_delta_rs))])
        assert not errors, "\n".join(errors)[:1500]
        rows = self.tarn.sql("SELECT writer, n FROM race")
        equal(sorted((r["writer"], r["n"]) for r in rows), sorted((w, n) for w in [*names, "delta-rs"] for n in range(8)))
        equal(versions(self.lake / "race"), list(range(57)), "versions")
        return self.agree("race")


class WarehouseOnS3(OnS3):
    """The example with its exports, its tables and its increment on S3, beside the same on a local disk."""

    def __init__(self, home):
        super().__init__(home)
        (home / "root").mkdir()
        (home / "root" / "tarn.yml").write_text(f"warehouse: s3://lake/warehouse\ns3:\n  endpoint: http://127.0.0.1:{self.gateway.port}\n  region: us-east-1\n")
        del self.tarn.environment["AWS_ENDPOINT_URL"], self.tarn.environment["AWS_REGION"]
        self.local = Tarn(home / "local")
        self.exports = home / "exports"
        subprocess.run([str(BINARY.parent / "patreon-generate"), "--size", "tiny", "--increment", "--out", str(self.exports)], check=True, capture_output=True)
        shutil.move(self.exports / "increment", home / "increment")

    def compare(self):
        counts = []
        for name in (*TABLES, *VIEWS):
            columns = [f["col_name"] for f in self.local.sql(f"DESCRIBE main.patreon.{name}") if f["col_name"] not in ("_ingested_at", "_source_file")]
            text = "SELECT " + ", ".join(f"`{c}`" for c in columns if c) + f" FROM main.patreon.{name}"
            left, right = (sorted(json.dumps(r, default=str, sort_keys=True) for r in t.sql(text)) for t in (self.tarn, self.local))
            assert left == right and left, f"{name}: {len(left)} rows on S3, {len(right)} on disk"
            counts.append(len(left))
        return f"{sum(counts)} rows"

    def update(self):
        shutil.copytree(self.exports, self.lake / "exports", dirs_exist_ok=True)
        self.tarn.run(EXAMPLE, "--var", "source=s3://lake/exports")
        self.local.run(EXAMPLE, "--var", f"source={self.exports}")

    def case_1_first_load(self):
        self.update()
        assert (self.lake / "warehouse" / "main" / "patreon" / "users_raw" / "_delta_log").is_dir()
        assert not (self.home / "root" / "warehouse").exists(), "the warehouse is not on the disk"
        return self.compare()

    def case_2_nothing_new_commits_nothing(self):
        log = self.lake / "warehouse" / "main" / "patreon"
        before = {t: versions(log / t) for t in TABLES}
        self.tarn.run(EXAMPLE, "--var", "source=s3://lake/exports")
        equal({t: versions(log / t) for t in TABLES}, before, "versions")

    def case_3_increment(self):
        for file in (self.home / "increment").glob("*.json"):
            shutil.copy(file, self.exports / f"{file.stem}-2024-02-01_12:00:00.json")
        self.update()
        return self.compare()

    def case_4_tests_pass(self):
        self.tarn.command("test", EXAMPLE, "--var", "source=s3://lake/exports", "--root", self.tarn.root)

    def case_5_dropped_tables_come_back_or_leave_nothing(self):
        self.tarn.sql("CREATE TABLE main.patreon.copy AS SELECT * FROM main.patreon.users_raw")
        folder = self.lake / "warehouse" / "main" / "patreon" / "copy"
        assert list(folder.glob("*.parquet"))
        users = self.tarn.value("SELECT count(*) FROM main.patreon.copy")
        self.tarn.sql("DROP TABLE main.patreon.copy")
        self.tarn.sql("UNDROP TABLE main.patreon.copy")
        equal(self.tarn.value("SELECT count(*) FROM main.patreon.copy"), users)
        self.tarn.sql("DROP TABLE main.patreon.copy PURGE")
        equal([p for p in folder.rglob("*") if p.is_file()] if folder.exists() else [], [], "files of a dropped table")
        self.tarn.sql("CREATE TABLE main.patreon.copy AS SELECT 1 AS x")
        equal(self.tarn.sql("SELECT * FROM main.patreon.copy"), [{"x": 1}])

    def case_6_wrong_settings(self):
        for text, expected in (("warehous: x", "warehous"), ("s3:\n  secret_key: abc", "do not belong"), ("s3:\n  path_style: maybe", "tarn.yml"),
                               ("warehouse: s3://", "bucket")):
            root = self.home / "wrong"
            root.mkdir(exist_ok=True)
            (root / "tarn.yml").write_text(text)
            done = Tarn(root).command("sql", "--root", root, "-c", "SELECT 1", check=False)
            assert done.returncode == 1 and expected in done.stderr and "[INVALID_PARAMETER_VALUE]" in done.stderr, f"{text}: {done.stderr}"


class FailingServer(OnS3):
    """A server that fails at every request in turn: afterwards a table is at its old or its new version, and can be written."""
    CHANGE = ("UPDATE {0} SET v = v + 1 WHERE id % 2 = 0", "INSERT INTO {0} SELECT id + 1000, 1 FROM RANGE(10)", "DELETE FROM {0} WHERE id < 3")

    def __init__(self, home):
        super().__init__(home)
        self.proxy = FaultProxy(self.gateway)
        self.through = Tarn(home / "root", {**self.gateway.environment(self.proxy.port), "AWS_MAX_ATTEMPTS": "4", "TARN_S3_TIMEOUT": "1"})
        self.tarn.sql("CREATE TABLE base (id BIGINT, v INT) LOCATION 's3://lake/base'")
        for _ in range(8):
            self.tarn.sql("INSERT INTO base SELECT id, 0 FROM RANGE(100)")
        self.count = 0

    def fresh(self):
        """A copy of the table, two commits before a checkpoint is due."""
        self.count += 1
        name = f"copy{self.count}"
        shutil.copytree(self.lake / "base", self.lake / name)
        return f"delta.`s3://lake/{name}`"

    def rows(self, table):
        return self.in_order(self.tarn.sql(f"SELECT * FROM {table}"))

    @staticmethod
    def in_order(rows):
        return sorted((int(r["id"]), int(r["v"])) for r in rows)

    def change(self, table, **environment):
        """How many of the changes were made, and what stopped the next one."""
        done = subprocess.run([str(BINARY), "sql", "--root", str(self.through.root), "--format", "jsonl", "-c", "; ".join(self.CHANGE).format(table)],
                              capture_output=True, text=True, timeout=120, env={**os.environ, **self.through.environment, **environment}, cwd=CHECKOUT)
        # A checkpoint that could not be written is a warning before it, if anything.
        assert done.returncode == 0 or re.search(r"^\[[A-Z_]+\] ", done.stderr, re.M), done.stderr
        return sum("num_affected_rows" in line for line in done.stdout.splitlines()), done.stderr

    def steps(self):
        """What the rows are after each of the changes, and how many requests all of them take."""
        table = self.fresh()
        states = [self.rows(table)]
        for change in self.CHANGE:
            self.tarn.sql(change.format(table))
            states.append(self.rows(table))
        table = self.fresh()
        self.proxy.begin(lambda *_: None)
        equal(self.change(table)[0], 3)
        equal(self.rows(table), states[3])
        return states, len(self.proxy.requests)

    def still_works(self, table, states, allowed, what):
        rows = self.tarn.sql(f"SELECT * FROM {table}; INSERT INTO {table} VALUES (-1, -1); SELECT * FROM {table}")
        at = next(i for i, row in enumerate(rows) if "num_affected_rows" in row)
        before, after = self.in_order(rows[:at]), self.in_order(rows[at + 1:])
        assert before in [states[i] for i in allowed], f"{what}: at none of the versions {allowed}"
        equal(after, sorted(before + [(-1, -1)]), what)
        shutil.rmtree(self.lake / table.split("/")[-1].rstrip("`"))

    def case_one_failure_is_survived(self):
        """Whatever goes wrong with one request, the statements succeed and their changes are there once."""
        states, requests = self.steps()
        kinds = ("500", "503", "before", "after", "torn")
        for n in range(1, requests + 1):
            for kind in (kinds[n % 5], kinds[(n + 2) % 5]):
                table = self.fresh()
                self.proxy.begin(lambda number, method, path: kind if number == n else None)
                done, error = self.change(table)
                equal((done, error), (3, ""), f"{kind} at request {n}, {self.proxy.requests[n - 1]}")
                self.still_works(table, states, [3], f"{kind} at request {n}, {self.proxy.requests[n - 1]}")
        return f"two of 5 kinds at each of {requests} requests"

    def case_slow_answers_are_not_waited_for(self):
        states, requests = self.steps()
        for n in (1, requests // 3, requests // 2, requests - 1):
            table = self.fresh()
            self.proxy.begin(lambda number, method, path: "slow" if number == n else None)
            equal(self.change(table), (3, ""), f"slow at request {n}")
            self.still_works(table, states, [3], f"slow at request {n}")

    def case_a_server_that_dies_leaves_a_whole_table(self):
        states, requests = self.steps()
        unknown = 0
        for n in range(1, requests + 1):
            for kind in (("500", "before")[n % 2], "after"):
                table = self.fresh()
                self.proxy.begin(lambda number, method, path: kind if number >= n else None)
                done, error = self.change(table, AWS_MAX_ATTEMPTS="2")
                unknown += "could not be found out" in error
                # An answer that was lost may stand for a commit.
                self.still_works(table, states, [done, done + 1] if kind == "after" and done < 3 else [done], f"{kind} from request {n} on")
        return f"two kinds from each of {requests} requests on, {unknown} ended without knowing"

    def case_killed_at_every_request(self):
        states, requests = self.steps()
        for n in range(1, requests + 1):
            table = self.fresh()
            self.proxy.begin(lambda number, method, path: "halt" if number == n else None)
            run = subprocess.Popen([str(BINARY), "sql", "--root", str(self.through.root), "-c", "; ".join(self.CHANGE).format(table)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=CHECKOUT,
                                   env={**os.environ, **self.through.environment, "TARN_S3_TIMEOUT": "60"})
            while run.poll() is None and not self.proxy.halted.wait(0.02):
                pass
            run.kill()
            run.wait()
            self.still_works(table, states, [0, 1, 2, 3], f"killed at request {n}")
        return f"{requests} moments"

    def case_an_upload_that_fails_half_way_leaves_nothing(self):
        table = self.fresh()
        before = self.rows(table)
        parts = []

        def plan(number, method, path):
            if "partNumber=" in path:
                parts.append(path)
                return "500" if len(parts) >= 3 else None

        self.proxy.begin(plan)
        tarn = Tarn(self.through.root, {**self.through.environment, "AWS_MAX_ATTEMPTS": "2"})
        done = tarn.command("sql", "--root", tarn.root, "-c", f"INSERT INTO {table} SELECT CAST(RAND() * 9e18 AS BIGINT), id FROM RANGE(4000000)", check=False)
        assert done.returncode == 1 and len(parts) >= 3, f"{len(parts)} parts: {done.stderr}"
        aborted = [r for r in self.proxy.requests if r[0] == "DELETE" and "uploadId=" in r[1]]
        assert aborted, "the upload was not taken back"
        equal(self.rows(table), before)
        folder = self.lake / table.split("/")[-1].rstrip("`")
        equal(len(list(folder.glob("*.parquet"))), len(list((self.lake / "base").glob("*.parquet"))), "files")
        return f"{len(parts)} parts were sent"


GROUPS = [TablesOnS3, WarehouseOnS3, FailingServer]
