#!/usr/bin/env bash
# The figures of bench/README.md: Extended JSON to columns over the x10 export, the example beside PySpark, TPC-H beside DuckDB.
#   BUILD=build folder   BENCH_SIZE=community   needs scripts/setup-peers.sh --evidence
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
size=${BENCH_SIZE:-community}
data=bench/data/x10

cmake -S . -B "$build" -DTARN_BENCH=ON >/dev/null
ninja -C "$build" --quiet tarn patreon-generate extjson_bench
[ -f "$data/votes.json" ] || "$build/patreon-generate" --size x10 --out "$data"

echo "== Extended JSON to columns"
"$build/src/extjson/extjson_bench" "$data"/*.json

echo "== the example, size $size"
.peers/venv/bin/python bench/example.py --size "$size" --build "$build"

echo "== TPC-H over Delta, beside DuckDB over the same Parquet files"
.peers/venv/bin/python bench/tpch.py --build "$build"

echo "== OPTIMIZE, beside DuckDB and delta-rs"
.peers/venv/bin/python bench/optimize.py --build "$build" --order

echo "== MERGE and DELETE, beside delta-rs and Spark"
.peers/venv/bin/python bench/merge.py --build "$build"

echo "== tables with long logs, beside delta-rs and Spark"
.peers/venv/bin/python bench/log.py --build "$build"

echo "== the example's dashboards in Chromium, beside Evidence's build"
.peers/venv/bin/python bench/dashboards.py --size "$size" --build "$build"
