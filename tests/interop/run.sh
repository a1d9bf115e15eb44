#!/usr/bin/env bash
# The same tables through Tarn, Spark and delta-rs. Needs scripts/setup-peers.sh.
#   TARN=build/tarn tests/interop/run.sh [NAME ...]      only the cases whose name contains a NAME
# Closes with one line "N passed, N failed" and fails when a case does.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TARN=${TARN:-build/tarn}
[ -x "$TARN" ] || { echo "interop: $TARN is missing: run make build, or set TARN" >&2; exit 1; }
[ -x .peers/venv/bin/python ] || { echo "interop: the peers are missing: run scripts/setup-peers.sh" >&2; exit 1; }
export TZ=UTC PYTHONDONTWRITEBYTECODE=1 SPARK_LOCAL_IP=127.0.0.1
exec .peers/venv/bin/python tests/interop/run.py "$@"
