#!/usr/bin/env bash
# The dashboards in Chromium. Needs scripts/setup-peers.sh.   TARN=build/tarn tests/browser/run.sh
# Closes with one line "N passed, N failed" and fails when a test does.
set -uo pipefail
cd "$(dirname "$0")/../.."
export TARN=$(realpath "${TARN:-build/tarn}")
export TARN_GENERATE=${TARN_GENERATE:-$(dirname "$TARN")/patreon-generate}
export TARN_BROWSER_OUT=$PWD/tests/browser/out
[ -x "$TARN" ] || { echo "browser: $TARN is missing: run make build, or set TARN" >&2; exit 1; }
[ -d web/node_modules ] || (cd web && npm ci --no-audit --no-fund --loglevel=error) || exit 1
[ -f web/dist/app.js ] || (cd web && npm run --silent build) || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
node --test --test-concurrency=1 --test-reporter=tap web/tests/browser/*.test.mjs tests/browser/*.test.mjs | tee "$log" | grep -vE '^ *(---|\.\.\.|duration_ms|type:|# (tests|suites|cancelled|skipped|todo|duration))'
status=${PIPESTATUS[0]}
passed=$(sed -nE 's/^# pass ([0-9]+)$/\1/p' "$log")
failed=$(($(sed -nE 's/^# fail ([0-9]+)$/\1/p' "$log") + $(sed -nE 's/^# cancelled ([0-9]+)$/\1/p' "$log")))
echo "${passed:-0} passed, ${failed:-1} failed"
[ "${passed:-0}" -gt 0 ] && [ "$status" = 0 ]
