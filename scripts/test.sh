#!/usr/bin/env bash
# Runs every ctest of a build folder and closes with one line: "N passed, N failed".
set -uo pipefail
build=${1:-build}
log=$build/ctest.log
# Leak checking is off under sanitizers: DuckDB's library keeps its own memory until exit.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:detect_container_overflow=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
failed=$(sed -nE 's/.*tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1/p' "$log")
total=$(sed -nE 's/.*tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\2/p' "$log")
[ -n "$total" ] && [ "$total" -gt 0 ] || { echo "no test ran"; exit 1; }
echo "$((total - failed)) passed, $failed failed"
exit "$status"
