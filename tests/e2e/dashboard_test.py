"""tarn dashboard serve, build and check, tarn report: from outside, by HTTP and files."""
import contextlib
import csv
import http.client
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import zipfile

from support import EXAMPLE, SOURCE, TARN, TarnTest

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from model_server import ModelServer  # noqa: E402

PROJECT = """bundle: {name: shop}
include: [resources/*.yml]
variables:
  source: {description: not needed to look at dashboards}
"""
PIPELINE = """resources:
  pipelines:
    shop:
      catalog: main
      schema: shop
      configuration: {source: "${var.source}"}
      libraries: [{file: {path: ../p.sql}}]
"""
DASHBOARD = """---
title: Sales
parameters:
  least: {type: number, default: 0}
  by: {type: dropdown, options: [name, amount], default: name}
  names: {type: multi_select, options: {query: all_names, value: name}}
  word: {type: text}
  period: {type: date_range, default: [2000-01-01, 2030-01-01]}
---
{{ total.amount | usd }} in all.

```sql total
SELECT sum(amount) AS amount, count(*) AS n FROM sales
```

```sql all_names
SELECT DISTINCT name FROM sales ORDER BY name
```

```sql rows
SELECT name, amount, day, note FROM sales
WHERE amount >= :least AND day BETWEEN :period.min AND :period.max AND contains(note, :word)
  AND (size(:names) = 0 OR array_contains(:names, name))
ORDER BY IDENTIFIER(:by)
```

```chart
chart: table
query: rows
```
"""
EVIL = "</script><script>alert(1)</script>"


class Server:
    """`tarn dashboard serve` of a project; requests by plain HTTP."""

    def __init__(self, project, root, *options):
        self.process = subprocess.Popen([TARN, "dashboard", "serve", str(project), "--root", str(root), "--port", "0", *options], stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline()).group(1))

    def request(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response, text

    def page(self, name, query=""):
        response, text = self.request(f"/api/dashboards/{name}/page{query}")
        assert response.status == 200, text
        return json.loads(text)["dashboards"][0], int(response.headers["X-Tarn-Queries"])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(timeout=20)


def table(dashboard, query):
    """The rows of a query as the page holds them, as dictionaries."""
    result = next(result for result in dashboard["results"] if result["query"] == query)
    names = [column["name"] for column in result["table"]["columns"]]
    return [dict(zip(names, row)) for row in zip(*result["table"]["data"])]


class Shop(TarnTest):
    """A project with one table and one dashboard."""

    def setUp(self):
        super().setUp()
        self.project = self.folder / "shop"
        os.makedirs(f"{self.project}/resources")
        os.makedirs(f"{self.project}/dashboards")
        for path, text in (("databricks.yml", PROJECT), ("resources/p.yml", PIPELINE), ("p.sql", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a"),
                           ("dashboards/sales.md", DASHBOARD)):
            self.write(path, text)
        self.sql(f"""CREATE SCHEMA main.shop; CREATE TABLE main.shop.sales (name STRING, amount DECIMAL(10,2), day DATE, note STRING);
            INSERT INTO main.shop.sales VALUES ('b', 10.50, DATE'2024-01-01', '{EVIL}'), ('a', 20, DATE'2024-02-01', '=1+1'), ('c', 5, DATE'2024-03-01', 'plain')""")

    def write(self, path, text):
        with open(f"{self.project}/{path}", "w") as file:
            file.write(text)

    def sql(self, text):
        return self.call("sql", "--root", self.root, "--format", "tsv", "-c", text).stdout

    @contextlib.contextmanager
    def serving(self):
        server = Server(self.project, self.root)
        try:
            yield server
        finally:
            self.assertEqual(server.stop(), 0)


class Dashboards(Shop):
    def test_a_page_shows_what_sql_says(self):
        with self.serving() as server:
            page, _ = server.page("sales")
            self.assertEqual(table(page, "total"), [{"amount": 35.5, "n": 3}])
            self.assertEqual([row["name"] for row in table(page, "rows")], ["a", "b", "c"])
            page, _ = server.page("sales", "?by=amount&least=6&period.min=2024-01-01&period.max=2024-01-31")
            self.assertEqual(table(page, "rows"), [{"name": "b", "amount": 10.5, "day": "2024-01-01", "note": EVIL}])
            page, _ = server.page("sales", "?names=a&names=c")
            self.assertEqual([row["name"] for row in table(page, "rows")], ["a", "c"])

    def test_a_reload_over_unchanged_tables_runs_no_query(self):
        with self.serving() as server:
            _, first = server.page("sales")
            self.assertEqual(first, 3)
            for _ in range(3):
                _, again = server.page("sales")
                self.assertEqual(again, first)
            self.sql("INSERT INTO main.shop.sales VALUES ('d', 1, DATE'2024-01-01', '')")
            page, after = server.page("sales")
            self.assertEqual(after, 2 * first)
            self.assertEqual(table(page, "total")[0]["n"], 4)

    def test_a_page_begins_before_its_queries_end(self):
        self.write("dashboards/slow.md", """---
title: Slow
---
{{ slow.n }}

```sql slow
SELECT count(*) AS n FROM range(20000) a CROSS JOIN range(20000) b WHERE (a.id * b.id) % 7 = 3
```
""")
        with self.serving() as server:
            server.page("sales")
            connection = http.client.HTTPConnection("localhost", server.port, timeout=60)
            for name in ("slow", "sales"):  # On one connection.
                connection.request("GET", f"/d/{name}")
                response = connection.getresponse()
                self.assertEqual(response.getheader("Transfer-Encoding"), "chunked")
                self.assertIn("default-src 'none'", response.getheader("Content-Security-Policy"))
                start = time.monotonic()
                beginning = response.read1()
                self.assertIn(b"charts.js", beginning)
                self.assertNotIn(b"tarn-page", beginning)
                begun, rest = time.monotonic() - start, response.read()
                self.assertTrue(rest.endswith(b"</html>\n"))
                data = json.loads(re.search(rb'id="tarn-page">(.*?)</script>', rest, re.S).group(1))
                self.assertEqual(data["dashboards"][0]["name"], name)
                if name == "slow":
                    self.assertLess(begun * 5, time.monotonic() - start)
            connection.request("HEAD", "/d/sales")
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, b""))
            connection.request("GET", "/d/sales?least=x")
            response = connection.getresponse()
            self.assertEqual((response.status, json.loads(response.read())["error"]["class"]), (400, "INVALID_PARAMETER_VALUE"))
            connection.close()

    def test_queries_that_read_others_run_them_once(self):
        self.write("dashboards/layers.md", """---
title: Layers
schema: shop
parameters:
  least: {type: number, default: 1}
  by: {type: dropdown, options: [name, amount], default: name}
---
{{ total.n }} {{ top.name }} {{ luck.n }} {{ wrong.n }}

```sql base
SELECT name, amount, upper(name) AS big FROM sales WHERE amount >= :least
```

```sql by_name
SELECT big, sum(amount) AS amount FROM base GROUP BY ALL
```

```sql total
SELECT count(*) AS n, sum(amount) AS amount FROM by_name
```

```sql top
SELECT * FROM Base ORDER BY IDENTIFIER(:by)
```

```sql chance
SELECT rand() AS r, name FROM base
```

```sql luck
SELECT count(*) AS n FROM chance WHERE r >= 0
```

```sql bad
SELECT raise_error('no') AS n
```

```sql wrong
SELECT n FROM bad
```
""")
        with self.serving() as server:
            page, first = server.page("layers")
            self.assertEqual(table(page, "total"), [{"n": 3, "amount": 35.5}])
            self.assertEqual([row["name"] for row in table(page, "top")], ["a", "b", "c"])
            self.assertEqual(table(page, "luck"), [{"n": 3}])
            failed = next(result for result in page["results"] if result["query"] == "wrong")
            self.assertIn("In the query bad, whose rows this one reads: ", failed["error"]["message"])
            _, again = server.page("layers")
            self.assertEqual(again - first, 2)  # Chance and failures are asked anew.
            page, after = server.page("layers", "?by=amount")
            self.assertEqual([row["name"] for row in table(page, "top")], ["c", "b", "a"])
            self.assertEqual(after - again, 3)  # The rows of `base` are there.
            page, _ = server.page("layers", "?least=6")
            self.assertEqual(table(page, "total"), [{"n": 2, "amount": 30.5}])
            self.sql("INSERT INTO main.shop.sales VALUES ('d', 1, DATE'2024-01-01', '')")
            page, _ = server.page("layers")
            self.assertEqual(table(page, "total"), [{"n": 4, "amount": 36.5}])
            with open(f"{self.project}/dashboards/layers.md") as file:
                text = file.read()
            self.write("dashboards/layers.md", text.replace("amount >= :least", "amount > :least"))
            page, _ = server.page("layers")
            self.assertEqual(table(page, "total"), [{"n": 3, "amount": 35.5}])

    def test_events_tell_of_saved_files_and_changed_tables(self):
        with self.serving() as server:
            server.page("sales")
            events, ready = [], threading.Event()

            def listen():
                connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
                connection.request("GET", "/api/events")
                response = connection.getresponse()
                ready.set()
                with contextlib.suppress(Exception):
                    while len(events) < 2:
                        line = response.fp.readline().decode()
                        if line.startswith("data: {"):
                            events.append(json.loads(line[6:])["dashboard"])

            listener = threading.Thread(target=listen, daemon=True)
            listener.start()
            ready.wait(10)
            self.sql("INSERT INTO main.shop.sales VALUES ('d', 1, DATE'2024-01-01', '')")
            self.until(lambda: len(events) == 1)
            self.write("dashboards/sales.md", DASHBOARD.replace("title: Sales", "title: Turnover"))
            self.until(lambda: len(events) == 2)
            self.assertEqual(events, ["sales", "sales"])
            self.assertEqual(server.page("sales")[0]["title"], "Turnover")

    def until(self, holds):
        end = time.time() + 20
        while not holds() and time.time() < end:
            time.sleep(0.05)
        self.assertTrue(holds())

    def test_no_parameter_becomes_sql(self):
        attacks = ["a' OR '1'='1", "'; DROP TABLE main.shop.sales; --", "name; DROP TABLE main.shop.sales", "1 OR 1=1", "`", "\\'", "${x}", "{{ total.n }}", ":least", EVIL, "\x00", "\ufffd"]
        with self.serving() as server:
            from urllib.parse import quote
            for attack in attacks:
                text = quote(attack)
                for name in ("least", "by", "period.min", "word", "names"):
                    query = f"?{name}={text}" + ("&period.max=2024-01-01" if name == "period.min" else "")
                    response, body = server.request(f"/api/dashboards/sales/page{query}")
                    if name in ("word", "names"):  # Texts: looked for, and not found unless the data holds them.
                        self.assertEqual(response.status, 200, (name, attack, body))
                        expected = 1 if name == "word" and attack == EVIL else 0
                        self.assertEqual(len(table(json.loads(body)["dashboards"][0], "rows")), expected, (name, attack))
                    else:
                        self.assertEqual(response.status, 400, (name, attack, body))
                        self.assertEqual(json.loads(body)["error"]["class"], "INVALID_PARAMETER_VALUE")
                values = json.dumps({"values": {"by": attack, "word": attack}, "queries": ["rows", attack]})
                response, body = server.request("/api/dashboards/sales/results", "POST", values, {"X-Tarn": "1"})
                self.assertEqual(response.status, 400)
            self.assertEqual(self.sql("SELECT count(*) FROM main.shop.sales"), "3\n")

    def test_scripts_in_data_stay_text(self):
        with self.serving() as server:
            response, html = server.request("/d/sales")
            self.assertEqual(response.status, 200)
            self.assertNotIn(b"<script>alert", html)
            policy = response.headers["Content-Security-Policy"]
            self.assertIn("script-src 'self';", policy)
            self.assertNotIn("unsafe-eval", policy)
        self.call("dashboard", "build", self.project, "--root", self.root, "--output", self.folder / "out")
        with open(self.folder / "out" / "sales.html") as file:
            html = file.read()
        self.assertNotIn("<script>alert", html)
        self.assertIn("35.5", html)

    def test_only_its_own_pages_may_ask(self):
        with self.serving() as server:
            self.assertEqual(server.request("/d/sales", headers={"Host": "evil.example"})[0].status, 421)
            self.assertEqual(server.request("/d/sales", headers={"Host": f"127.0.0.1:{server.port}"})[0].status, 200)
            self.assertEqual(server.request("/api/dashboards/sales/results", "POST", '{"values":{}}')[0].status, 403)
            self.assertEqual(server.request("/api/dashboards/sales/results", "POST", '{"values":{},"queries":["total"]}', {"X-Tarn": "1"})[0].status, 200)
            self.assertEqual(server.request("/api/dashboards/sales/results", "POST", "{", {"X-Tarn": "1"})[0].status, 400)
            self.assertEqual(server.request("/api/dashboards/sales/results", "POST", b"", {"X-Tarn": "1", "Content-Length": str(2 << 20)})[0].status, 413)
            for path in ("/d/none", "/d/../databricks.yml", "/assets/../p.sql", "/assets/none.js", "/api/dashboards/sales/table/rows.exe", "/api/dashboards/sales/table/../x.csv", "/etc/passwd", "/d/"):
                self.assertEqual(server.request(path)[0].status, 404, path)
            self.assertEqual(server.request("/d/sales", "DELETE")[0].status, 404)

    def test_other_addresses_only_when_told(self):
        def ask(server, host, name):
            connection = http.client.HTTPConnection(host, server.port, timeout=20)
            try:
                connection.request("GET", "/", headers={"Host": name})
                return connection.getresponse().status
            finally:
                connection.close()

        server = Server(self.project, self.root)
        try:
            self.assertEqual(ask(server, "127.0.0.1", "elsewhere.example"), 421)
            with self.assertRaises(OSError):
                ask(server, "127.0.0.2", "localhost")  # Another address of this machine.
        finally:
            server.stop()
        server = Server(self.project, self.root, "--host", "0.0.0.0")
        try:
            self.assertEqual(ask(server, "127.0.0.2", "elsewhere.example"), 200)
        finally:
            server.stop()
        self.assertIn("[INVALID_PARAMETER_VALUE]", self.call("dashboard", "serve", str(self.project), "--root", self.root, "--host", "nowhere", check=False).stderr)

    def test_tables_are_downloaded_whole(self):
        self.sql("INSERT INTO main.shop.sales SELECT 'n', id, DATE'2024-01-01', 'x' FROM range(12000)")
        with self.serving() as server:
            page, _ = server.page("sales")
            result = next(result for result in page["results"] if result["query"] == "rows")
            self.assertEqual(result["table"]["rows"], 10000)
            self.assertEqual(result["table"]["truncated"], 12003)
            response, text = server.request("/api/dashboards/sales/table/rows.csv?names=a&names=b")
            self.assertEqual(response.status, 200)
            rows = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
            self.assertEqual([row["note"] for row in rows], ["'=1+1", EVIL])  # No formula for a spreadsheet.
            self.assertEqual(rows[0]["amount"], "20.00")
            self.assertEqual(len(server.request("/api/dashboards/sales/table/rows.csv")[1].splitlines()), 12004)
            response, book = server.request("/api/dashboards/sales/table/rows.xlsx")
            with zipfile.ZipFile(io.BytesIO(book)) as archive:
                sheet = archive.read("xl/worksheets/sheet1.xml").decode()
            self.assertEqual(sheet.count("<row "), 12004)
            self.assertNotIn("<f>", sheet)

    def test_check_names_every_mistake(self):
        self.assertIn("1 passed, 0 failed", self.call("dashboard", "check", self.project, "--root", self.root).stdout)
        self.write("dashboards/bad.md", "```sql a\nSELECT 1 AS x\n```\n\n```sql b\nSELECT *\nFROM nowhere\n```\n\n```sql c\nDROP TABLE sales\n```\n\n"
                   "```chart\nchart: bar\nquery: a\nx: y\n```\n\n{{ a.z }}\n\n```chart\nchart: table\nquery: b\n```\n")
        done = subprocess.run([TARN, "dashboard", "check", self.project, "--root", self.root], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        for expected in ("bad:7: query `b`: [TABLE_OR_VIEW_NOT_FOUND]", "bad:11: query `c`: [DASHBOARD_INVALID_DEFINITION]",
                         "bad:14: the query `a` has no column `y`; it has x.", "bad:20: the query `a` has no column `z`", "ok    sales", "1 passed, 1 failed"):
            self.assertIn(expected, done.stdout)
        self.assertEqual(self.sql("SELECT count(*) FROM main.shop.sales"), "3\n")
        with self.serving() as server:  # The page shows what is right, and the error in its place.
            page, _ = server.page("bad")
            self.assertEqual(page["results"][1]["error"]["class"], "TABLE_OR_VIEW_NOT_FOUND")

    def test_build_writes_files_that_need_nothing(self):
        out = self.folder / "out"
        shutil.copy(f"{self.project}/dashboards/sales.md", f"{self.project}/dashboards/again.md")
        text = self.call("dashboard", "build", self.project, "--root", self.root, "--output", out, "--tables").stdout
        self.assertIn("done in", text)
        names = sorted(os.listdir(out))
        self.assertEqual([name for name in names if name.endswith(".html")], ["again.html", "index.html", "sales.html"])
        self.assertIn("sales-rows.csv", names)
        self.assertIn("sales-rows.xlsx", names)
        with open(f"{out}/sales.html") as file:
            html = file.read()
        self.assertIsNone(re.search(r"<(script|link|img)[^>]*(src|href)=\"(?!data:)", html))
        page = json.loads(re.search(r'id="tarn-page">(.*?)</script>', html, re.S).group(1))
        # Results of the other choice of `by` are in it, for use without a server.
        orders = [result["parameters"]["by"] for result in page["dashboards"][0]["results"] if result["query"] == "rows"]
        self.assertEqual(sorted(orders), ["amount", "name"])
        report = self.folder / "all.html"
        self.call("report", self.project, "--root", self.root, "--output", report, env={**os.environ, "PATH": "/nonexistent"})
        with open(report) as file:
            page = json.loads(re.search(r'id="tarn-page">(.*?)</script>', file.read(), re.S).group(1))
        self.assertTrue(page["report"])
        self.assertEqual([dashboard["name"] for dashboard in page["dashboards"]], ["again", "sales"])

    def test_dashboards_of_databricks_open(self):
        document = {"datasets": [{"name": "d", "displayName": "Sales", "queryLines": ["SELECT * FROM main.shop.sales"]}],
                    "pages": [{"name": "p", "displayName": "Sales", "layout": [
                        {"widget": {"name": "w", "queries": [{"name": "main_query", "query": {"datasetName": "d", "disaggregated": False, "fields": [
                            {"name": "name", "expression": "`name`"}, {"name": "sum(amount)", "expression": "SUM(`amount`)"}, {"name": "count(*)", "expression": "COUNT(`*`)"}]}}],
                            "spec": {"version": 3, "widgetType": "bar", "encodings": {"x": {"fieldName": "name"}, "y": {"fieldName": "sum(amount)"}}}},
                         "position": {"x": 0, "y": 0, "width": 6, "height": 4}},
                        {"widget": {"name": "f", "queries": [{"name": "q", "query": {"datasetName": "d", "fields": [{"name": "day", "expression": "`day`"}]}}],
                            "spec": {"widgetType": "filter-date-range-picker", "encodings": {"fields": [{"fieldName": "day", "queryName": "q"}]}}},
                         "position": {"x": 0, "y": 4, "width": 6, "height": 1}}]}]}
        self.write("dashboards/Sales of Databricks.lvdash.json", json.dumps(document))
        self.assertIn("2 passed, 0 failed", self.call("dashboard", "check", self.project, "--root", self.root).stdout)
        with self.serving() as server:
            page, _ = server.page("Sales_of_Databricks", "?f_day.min=2024-01-01&f_day.max=2024-02-15")
            rows = sorted(table(page, "q_w"), key=lambda row: row["name"])
            self.assertEqual(rows, [{"name": "a", "sum(amount)": 20, "count(*)": 1}, {"name": "b", "sum(amount)": 10.5, "count(*)": 1}])


class Summaries(Shop):
    """A page that asks a model: it is paid once, says what it cost, and stays within the budget."""

    def setUp(self):
        super().setUp()
        self.model = ModelServer("sk-summary").__enter__()
        self.addCleanup(self.model.__exit__)
        self.call("secret", "create-scope", "openai", "--root", self.root)
        self.call("secret", "put", "openai", "key", "--root", self.root, stdin="sk-summary")
        self.write("dashboards/ai.md", "```sql said\nSELECT name, ai_summarize(note) AS summary FROM sales ORDER BY name\n```\n\n"
                   "```sql cost\nSELECT caller, sum(calls) AS calls, sum(cost_usd) AS usd FROM system.ai.usage WHERE cached = 0 OR cost_usd > 0 GROUP BY ALL\n```\n\n"
                   "{{ said.summary | text }} {{ cost.usd }}\n")

    def configure(self, budget):
        (self.root / "tarn.yml").write_text(f"ai:\n  endpoints:\n    default: {{base_url: '{self.model.url}', model: stand-in, api_key: openai/key, max_retries: 0}}\n"
                                            f"  budget: {{query: {budget}}}\n  prices: {{stand-in: {{input: 10, output: 100}}}}\n")

    def test_a_page_pays_once_and_says_what(self):
        self.configure(5)
        with self.serving() as server:
            page, _ = server.page("ai")
            self.assertEqual(len(table(page, "said")), 3)
            asked = len(self.model.calls)
            self.assertEqual(asked, 3)
            cost = table(page, "cost")
            self.assertEqual([(row["caller"], row["calls"]) for row in cost], [("dashboard", 3)])
            self.assertGreater(float(cost[0]["usd"]), 0)
            server.page("ai")
            self.assertEqual(len(self.model.calls), asked)
        run = self.call("dashboard", "build", self.project, "--root", self.root, "--output", self.folder / "out", "--name", "ai")
        self.assertEqual(len(self.model.calls), asked)  # From the cache, in another process.
        self.assertNotIn("sk-summary", (self.folder / "out" / "ai.html").read_text() + run.stdout)

    def test_over_the_budget_the_page_says_so(self):
        self.configure(0)
        with self.serving() as server:
            page, _ = server.page("ai")
            self.assertEqual(page["results"][0]["error"]["class"], "AI_BUDGET_EXCEEDED")
        self.assertEqual(self.model.calls, [])


class Example(TarnTest):
    def test_the_examples_dashboards_hold(self):
        self.generate()
        self.run_example()
        self.assertIn(" 0 failed", self.call("dashboard", "check", EXAMPLE, "--root", self.root).stdout)


if __name__ == "__main__":
    unittest.main()
