#!/usr/bin/env bash
# The golden tables of delta-io/delta and delta-kernel-rs, read by Tarn and judged by Spark. Needs scripts/setup-peers.sh.
#   TARN=build/tarn tests/golden/run.sh [NAME ...]      only the tables whose name contains a NAME
# Closes with one line "N passed, N failed" and fails when a check does.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TARN=${TARN:-build/tarn}
[ -x "$TARN" ] || { echo "golden: $TARN is missing: run make build, or set TARN" >&2; exit 1; }
[ -x .peers/venv/bin/python ] || { echo "golden: the peers are missing: run scripts/setup-peers.sh" >&2; exit 1; }
export TZ=UTC PYTHONDONTWRITEBYTECODE=1 SPARK_LOCAL_IP=127.0.0.1
exec .peers/venv/bin/python tests/golden/golden.py "$@"
