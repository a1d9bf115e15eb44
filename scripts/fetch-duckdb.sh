#!/usr/bin/env bash
# Puts DuckDB's headers and its official shared library into .deps/duckdb, pinned by SHA-256.
# The library comes from the npm package of DuckDB's own Node bindings, the headers of the same
# version from its Python source package: see docs/adr/0001-duckdb-as-a-library.md.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.5.6
headers_sha=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8
case "$(uname -m)" in
  x86_64)  package="@duckdb/node-bindings-linux-x64@$version-r.1"
           library_sha=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff ;;
  *) echo "fetch-duckdb: no pinned DuckDB library for $(uname -m); build with cmake -DTARN_DUCKDB_ROOT=DIR" >&2; exit 1 ;;
esac

target=.deps/duckdb
[ "$(cat "$target/version" 2>/dev/null)" = "$version" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "fetching DuckDB $version (library from npm, headers from PyPI) ..."
(cd "$work" && npm pack --silent "$package" >/dev/null)
python3 -m pip download --quiet --no-deps --no-binary duckdb --dest "$work" "duckdb==$version"
echo "$library_sha  $(ls "$work"/*.tgz)" | sha256sum --check --quiet
echo "$headers_sha  $work/duckdb-$version.tar.gz" | sha256sum --check --quiet

tar -C "$work" -xzf "$work"/*.tgz
source="duckdb-$version/external/duckdb"
tar -C "$work" -xzf "$work/duckdb-$version.tar.gz" \
  "$source/src/include" "$source/extension/parquet/include" "$source/extension/json/include" "$source/third_party" "duckdb-$version/LICENSE"
rm -rf "$target"
mkdir -p "$target/lib" "$target/include"
cp "$work/package/libduckdb.so" "$target/lib/"
cp -r "$work/$source/src/include/." "$target/include/"
mkdir -p "$target/extension/parquet"
cp -r "$work/$source/extension/parquet/include" "$target/extension/parquet/"
cp -r "$work/$source/third_party" "$target/third_party"
cp "$work/duckdb-$version/LICENSE" "$target/LICENSE"
echo "$version" > "$target/version"
