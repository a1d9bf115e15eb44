#!/usr/bin/env bash
# What a machine can check of the house rules: arrows that point up, marks of unfinished work, files too long.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0
check() { # title, output
  [ -z "$2" ] && return
  printf '%s\n%s\n\n' "$1" "$2"
  bad=1
}
check "DuckDB, SQL, HTTP or a higher room below the engine:" "$(git grep -nE \
  '#include *[<"](duckdb|engine/|server/|pipeline/|cli/)' -- src/base src/storage src/delta src/sql src/extjson src/parquet src/catalog src/secrets src/ai)"
check "the pipeline and cli rooms speak to the engine's public headers only:" "$(git grep -nE \
  '#include *[<"](duckdb|engine/internal)' -- src/pipeline src/cli)"
check "marks of unfinished work:" "$(git grep -nE 'TODO|FIXME|\bXXX\b|HACK' -- src tests bench examples scripts ':!scripts/lint.sh')"
check "files over 700 lines:" "$(git ls-files 'src/*.cpp' 'src/*.h' | xargs wc -l | awk '$1 > 700 && $2 != "total"')"
[ "$bad" = 0 ] && echo "lint: nothing to report"
exit "$bad"
