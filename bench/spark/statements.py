#!/usr/bin/env python3
"""Statements in a warm Spark session: reads {"warm_up": [SQL, …], "timed": [SQL, …]} and prints {"seconds": […], "peak_mb": …}.

The driver's memory is that of the JVM, which is what counts here: Spark runs in one process.
"""
import json
import pathlib
import sys
import tempfile
import time

from delta_session import delta_session


def jvm_peak_mb(session):
    pid = session.sparkContext._gateway.jvm.java.lang.ProcessHandle.current().pid()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def main():
    work = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        session = delta_session(folder, spark_driver_memory="6g")
        for text in work["warm_up"]:
            session.sql(text).collect()
        seconds = []
        for text in work["timed"]:
            start = time.perf_counter()
            session.sql(text).collect()
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"seconds": seconds, "peak_mb": jvm_peak_mb(session)}))
        session.stop()


if __name__ == "__main__":
    main()
