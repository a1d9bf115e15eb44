#!/usr/bin/env bash
# Installs what the build needs on a Debian-like machine, once: system packages and DuckDB.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ make cmake ninja-build pkg-config git python3 python3-pip npm ca-certificates
  libsimdjson-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libsqlite3-dev libroaring-dev
  libzstd-dev zlib1g-dev libedit-dev libcurl4-openssl-dev libsodium-dev libgtest-dev
  libcld2-dev libstemmer-dev libutf8proc-dev)

# A tool that another installation already provides (npm with its own Node, say) needs no package.
missing=()
for package in "${packages[@]}"; do
  case "$package" in
    npm|cmake|git|make|python3) command -v "$package" >/dev/null && continue ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 && continue ;;
    ninja-build) command -v ninja >/dev/null && continue ;;
  esac
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]} ..."
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
scripts/fetch-duckdb.sh
