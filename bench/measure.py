"""What the benchmarks share: one command measured, files made and copied, statements timed in a warm Spark session."""
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = """i AS id, (hash(i) % 1000000)::BIGINT AS customer, 'item ' || hash(i * 7) % 5000 AS item, (hash(i * 3) % 100)::INT AS quantity,
    (hash(i * 5) % 1000000)::DOUBLE / 100 AS price, DATE '2020-01-01' + (hash(i * 11) % 2000)::INT AS day, md5(i::VARCHAR) AS note"""
CHECK = "SELECT count(*), sum(id), sum(quantity), count(DISTINCT customer) FROM"


def measured(command, **environment):
    """Seconds and peak megabytes of one whole process, and what it printed."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=output, cwd=ROOT, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status != 0:
            raise SystemExit(f"{' '.join(map(str, command))[:300]} failed")
        output.seek(0)
        return seconds, round(usage.ru_maxrss / 1024), output.read()


def apart(function, *arguments):
    """Calls it in a process of its own: a child starts with its parent's peak memory, so whoever measures must stay small."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(f"{function.__name__} failed")


def work_folder(name):
    """A new folder below bench/data, on the same disk as the data; the caller removes it."""
    (ROOT / "bench" / "data").mkdir(exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=ROOT / "bench" / "data"))


def make_files(folder, rows, files, first=0):
    """`rows` rows of seven columns, ids from `first`, in `files` Parquet files."""
    import duckdb
    connection = duckdb.connect()
    folder.mkdir(parents=True)
    for i in range(files):
        begin, end = first + rows * i // files, first + rows * (i + 1) // files
        connection.execute(f"COPY (SELECT {COLUMNS} FROM range({begin}, {end}) t(i)) TO '{folder}/part-{i:05}.parquet' (FORMAT parquet, COMPRESSION snappy)")


def linked(source, target):
    """The same Parquet files under another folder, without copying a byte: nobody writes into a data file."""
    target.mkdir(parents=True)
    for file in source.glob("*.parquet"):
        os.link(file, target / file.name)
    return target


def tarn_sql(build, root):
    """The command of one `tarn sql` process, as a function of its text."""
    return lambda text: [build.resolve() / "tarn", "sql", "--root", root, "--format", "tsv", "-c", text]


def spark_seconds(warm_up, timed):
    """Runs both lists of statements in one session; the seconds of each timed statement, and the session's peak megabytes."""
    process = subprocess.run([sys.executable, ROOT / "bench" / "spark" / "statements.py"], input=json.dumps({"warm_up": warm_up, "timed": timed}),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, cwd=ROOT)
    answer = json.loads(process.stdout.strip().splitlines()[-1])
    return answer["seconds"], answer["peak_mb"]
