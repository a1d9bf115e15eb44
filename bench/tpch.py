#!/usr/bin/env python3
"""TPC-H over Delta in Tarn beside DuckDB over the same Parquet files: seconds, ratio, equal results.

    .peers/venv/bin/python bench/tpch.py [--scale 1] [--build build] [--runs 5]

Each query runs in one warm process of each side, alternating in rounds; the figure is the best of the rounds. Then 5 % of the orders and
their items are deleted, which Tarn does by deletion vectors, and the queries run again: DuckDB then reads files written without those rows.
"""
import argparse
import decimal
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
DELETED = "{column} % 20 = 7"
MARKER = "--statement--"


def queries():
    text = (ROOT / "bench" / "tpch" / "queries.sql").read_text()
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.M)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2])}


class Tarn:
    """One `tarn sql` process, fed through a pipe, that answers a statement at a time."""

    def __init__(self, build, root):
        self.command = [build / "tarn", "sql", "--root", root, "--format", "jsonl", "--echo-marker", MARKER]

    def run(self, text):
        return subprocess.run([*self.command[:-2], "-c", text], check=True, capture_output=True, text=True).stdout

    def timed(self, names, texts):
        """Seconds and rows of each query in one process. An empty statement stands between two: its marker ends a query's output."""
        script = "USE main.tpch;\n" + "".join(f"{texts[n]};\nUSE main.tpch;\n" for n in names)
        process = subprocess.Popen([*self.command, "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(script.encode())
        process.stdin.close()
        arrived, output = [], b""
        while chunk := process.stdout.read1(1 << 20):
            now = time.perf_counter()
            output += chunk
            arrived += [now] * (output.count(MARKER.encode()) - len(arrived))
        blocks = output.decode().split(MARKER + "\n")[1:]
        if process.wait() != 0 or len(blocks) != 2 * len(names) + 1:
            raise SystemExit("tarn sql failed")
        seconds = {name: arrived[2 * i + 2] - arrived[2 * i] for i, name in enumerate(names)}
        rows = {name: [json.loads(line, parse_float=decimal.Decimal) for line in blocks[2 * i + 1].splitlines()]
                for i, name in enumerate(names)}
        return seconds, rows


class Duck:
    def __init__(self, files):
        self.connection = duckdb.connect()
        # As in Tarn: integer division gives a fraction by default in both, rows come in any order.
        self.connection.execute("SET preserve_insertion_order = false")
        for table, paths in files.items():
            self.connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({list(map(str, paths))})")

    def timed(self, names, texts):
        seconds, rows = {}, {}
        for name in names:
            start = time.perf_counter()
            result = self.connection.execute(texts[name])
            fetched = result.fetchall()
            seconds[name] = time.perf_counter() - start
            rows[name] = [dict(zip([c[0] for c in result.description], row)) for row in fetched]
        return seconds, rows


def number(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, decimal.Decimal)):
        return round(float(value), 1) if abs(float(value)) > 1000 else round(float(value), 3)
    return str(value)


def differences(ours, theirs):
    wrong = []
    for name, rows in theirs.items():
        left = sorted(str([number(v) for v in row.values()]) for row in ours[name])
        right = sorted(str([number(v) for v in row.values()]) for row in rows)
        if left != right:
            wrong.append(f"{name}: {len(left)} and {len(right)} rows; first difference: " +
                         str(next(((a, b) for a, b in zip(left, right) if a != b), "in number")))
    return wrong


def compare(title, tarn, duck, texts, runs):
    names = list(texts)
    best = {"tarn": {}, "duck": {}}
    for _ in range(runs):
        for side, engine in (("tarn", tarn), ("duck", duck)):
            seconds, rows = engine.timed(names, texts)
            for name in names:
                best[side][name] = min(seconds[name], best[side].get(name, seconds[name]))
            if side == "tarn":
                ours = rows
            else:
                theirs = rows
    wrong = differences(ours, theirs)
    print(f"== {title}\n{'query':<8}{'Tarn ms':>10}{'DuckDB ms':>12}{'ratio':>8}")
    for name in names:
        print(f"{name:<8}{best['tarn'][name] * 1000:>10.0f}{best['duck'][name] * 1000:>12.0f}{best['tarn'][name] / best['duck'][name]:>8.2f}")
    total = {side: sum(times.values()) for side, times in best.items()}
    mean = statistics.geometric_mean(best["tarn"][n] / best["duck"][n] for n in names)
    print(f"{'all':<8}{total['tarn'] * 1000:>10.0f}{total['duck'] * 1000:>12.0f}{total['tarn'] / total['duck']:>8.2f}   geometric mean {mean:.2f}")
    print("results are equal" if not wrong else "results DIFFER:\n  " + "\n  ".join(wrong), flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = ROOT / "bench" / "data" / "tpch" / f"sf{options.scale}"
    source = folder / "source"
    if not (source / "region.parquet").exists():
        generate = pathlib.Path(sys.executable).parent / "tpchgen-cli"
        subprocess.run([generate, "parquet", "-s", options.scale, "--output-dir", source], check=True, stdout=subprocess.DEVNULL)
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    tarn = Tarn(options.build.resolve(), root)
    tarn.run("CREATE SCHEMA main.tpch; " + "; ".join(
        f"CREATE TABLE main.tpch.{t} AS SELECT * EXCEPT (_rescued_data) FROM read_files('{source}/{t}.parquet', format => 'parquet')" for t in TABLES))
    texts = queries()
    files = {t: list((root / "warehouse/main/tpch" / t).glob("*.parquet")) for t in TABLES}
    good = compare(f"TPC-H, scale {options.scale}", tarn, Duck(files), texts, options.runs)
    tarn.run(f"DELETE FROM main.tpch.orders WHERE {DELETED.format(column='o_orderkey')}; "
             f"DELETE FROM main.tpch.lineitem WHERE {DELETED.format(column='l_orderkey')}")
    plain = folder / "plain"
    shutil.rmtree(plain, ignore_errors=True)
    for table, column in (("orders", "o_orderkey"), ("lineitem", "l_orderkey")):
        # As many files as the table has, written by the same writer with the same settings.
        (plain / table).mkdir(parents=True)
        for i, path in enumerate(files[table]):
            duckdb.execute(f"COPY (SELECT * FROM read_parquet('{path}') WHERE NOT ({DELETED.format(column=column)})) TO '{plain / table}/{i}.parquet' "
                           "(FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 8192)")
        files[table] = list((plain / table).glob("*.parquet"))
    good &= compare("after DELETE of 5 % of the orders, by deletion vectors", tarn, Duck(files), texts, options.runs)
    shutil.rmtree(root)
    shutil.rmtree(plain)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
