"""Runs the interop cases in order: a case is a method `case_*` of a class in *_cases.py; a class shares its set-up."""
import inspect
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import ai_cases
import checkpoint_cases
import concurrency_cases
import dml_cases
import example_cases
import feature_cases
import forecast_cases
import harness
import maintenance_cases
import random_cases
import reader_cases
import s3_cases
import table_cases

# Everything about the example first: it is what a newcomer sees.
GROUPS = [*example_cases.GROUPS, *table_cases.GROUPS, *checkpoint_cases.GROUPS, *concurrency_cases.GROUPS, *reader_cases.GROUPS, *feature_cases.GROUPS,
          *maintenance_cases.GROUPS, *s3_cases.GROUPS, *dml_cases.GROUPS, *forecast_cases.GROUPS, *ai_cases.GROUPS,
          *random_cases.GROUPS]


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, action):
        start = time.perf_counter()
        try:
            note = action()
        except Exception as error:  # a case may fail in any way; the others go on
            self.failed += 1
            message = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc(limit=-3)
            print(f"FAILED  {name}\n    " + message.strip()[:1800].replace("\n", "\n    "), flush=True)
            return
        self.passed += 1
        print(f"ok      {name}{f': {note}' if note else ''} ({time.perf_counter() - start:.1f} s)", flush=True)


def main():
    wanted = sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-interop-"))
    report = Report()
    try:
        harness.spark(folder / "spark")
        for group in GROUPS:
            cases = [(f"{group.__name__}.{n[5:]}", f) for n, f in inspect.getmembers(group, inspect.isfunction)
                     if n.startswith("case_")]
            cases.sort(key=lambda c: c[1].__code__.co_firstlineno)
            if wanted and not any(w in name for name, _ in cases for w in wanted):
                continue
            if wanted and getattr(group, "independent", False):
                cases = [(name, case) for name, case in cases if any(w in name for w in wanted)]
            reason = group.skip() if hasattr(group, "skip") else None
            if reason:
                print(f"skipped {group.__name__}: {reason}", flush=True)
                continue
            home = folder / group.__name__
            home.mkdir()
            instance = group(home)
            for name, function in cases:
                report.run(name, lambda: function(instance))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
