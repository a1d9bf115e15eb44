#!/usr/bin/env bash
# Runs every fuzzer of a build folder for some seconds each, with new dice each time, and closes with "N passed, N failed".
set -uo pipefail
build=${1:-build}
seconds=${2:-60}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:detect_container_overflow=0:abort_on_error=1:handle_segv=0:handle_abort=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
passed=0 failed=0
while read -r fuzzer seeds; do
  [ -n "$fuzzer" ] || continue
  seed=$RANDOM
  echo "== $(basename "$fuzzer") --seed=$seed"
  # shellcheck disable=SC2086  (seeds are a list)
  if "$fuzzer" --seconds="$seconds" --seed=$seed $seeds; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: its input is in $fuzzer.last-input"
  fi
done < "$build/fuzzers.txt"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
