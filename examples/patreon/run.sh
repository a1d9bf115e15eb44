#!/usr/bin/env bash
# The whole example: generates a community, brings its tables up to date, tests them and says what came out.
#   SIZE=tiny|community|x10|x100   TARN_ROOT=folder of the lakehouse   BUILD=build folder
set -euo pipefail
cd "$(dirname "$0")/../.."
size=${SIZE:-community}
root=${TARN_ROOT:-lakehouse}
build=${BUILD:-build}
data=.data/$size
export TARN_ROOT=$root

# The generator writes each file under another name first, so votes.json, its last, means that all are there.
if [ ! -f "$data/votes.json" ]; then
  echo "== making the exports of a community (size $size) in $data"
  "$build/patreon-generate" --size "$size" --out "$data"
fi

echo "== tarn run examples/patreon --var source=$data --root $root"
"$build/tarn" run examples/patreon --var "source=$PWD/$data" --root "$root"

echo "== tarn test examples/patreon"
"$build/tarn" test examples/patreon --var "source=$PWD/$data" --root "$root"

echo "== the community"
"$build/tarn" sql --root "$root" -c "
  SELECT COUNT(*) AS users,
    COUNT_IF(patreon_status_is_patron) AS patrons,
    ROUND(100.0 * COUNT_IF(patreon_status_is_patron) / COUNT(*), 1) AS patrons_percent,
    ROUND(SUM(patreon_status_campaign_lifetime_support_cents) / 100, 2) AS campaign_support_usd,
    ROUND(SUM(patreon_status_lifetime_support_cents) / 100, 2) AS lifetime_support_usd
  FROM main.patreon.users_bronze"

echo "== tarn report examples/patreon"
"$build/tarn" report examples/patreon --root "$root" --output "$root/report.html"

cat <<NEXT

Open $(realpath "$root/report.html") in a browser: five dashboards as one document (report.pdf beside it, where Chromium is installed).
The tables are Delta tables in $root/warehouse/main/patreon. Try next:
  $build/tarn dashboard serve examples/patreon --root $root      the dashboards, live
  $build/tarn sql --root $root                                   an interactive shell
  $build/tarn sql --root $root -c "SHOW TABLES IN main.patreon"
  $build/tarn sql --root $root -c "SELECT \\\`option\\\`, SUM(vote_weight) AS weight FROM main.patreon.flat_post_votes_join_silver GROUP BY ALL ORDER BY weight DESC LIMIT 10"
  $build/tarn run examples/patreon --var source=$PWD/$data --root $root     nothing to do, and quickly so
NEXT
