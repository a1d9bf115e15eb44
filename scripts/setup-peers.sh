#!/usr/bin/env bash
# Puts the other implementations that tests/interop and bench compare with into .peers/, once:
# Spark with Delta, delta-rs, DuckDB, pyarrow, TPC-H's data and an S3 server. Versions are pinned together: pyspark 4.1.1 and later
# cannot read Parquet checkpoints with Delta 4.2.0.
# With --evidence also Evidence, which only bench/dashboards.py compares with: 842 npm packages.
set -euo pipefail
cd "$(dirname "$0")/.."

delta_jar=io.delta:delta-spark_4.1_2.13:4.2.0
s3_server=github.com/versity/versitygw/cmd/versitygw@v1.8.0
packages=(pyspark==4.1.0 deltalake==1.6.6 duckdb==1.5.6 pyarrow==21.0.0 tpchgen-cli==4.0.0)
stamp="$delta_jar ${packages[*]}"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install_packages() {
  echo "installing $* ..."
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=()
command -v chromium >/dev/null || [ -n "${TARN_CHROMIUM:-}" ] || missing+=(chromium fonts-dejavu-core fonts-noto-color-emoji)
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
[ ${#missing[@]} -gt 0 ] && install_packages "${missing[@]}"

# The S3 server is a Go program. Without a Go that fetches the toolchain it asks for (1.21 or newer), the S3 cases are skipped.
if [ "$(cat .peers/bin/stamp 2>/dev/null)" != "$s3_server" ]; then
  command -v go >/dev/null || install_packages golang-go || true
  minor=$(go version 2>/dev/null | sed -nE 's/.* go1\.([0-9]+).*/\1/p')
  if [ "${minor:-0}" -ge 21 ]; then
    echo "building $s3_server ..."
    mkdir -p .peers/bin
    GOBIN=$PWD/.peers/bin GOTOOLCHAIN=auto go install "$s3_server"
    echo "$s3_server" > .peers/bin/stamp
  else
    echo "setup-peers: there is no Go 1.21 or newer, so tests/interop skips what needs an S3 server" >&2
  fi
fi

# What only tests/interop/forecast_cases.py and ai_cases.py need, in the same environment.
models=(statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1 openai==3.57.0)
labelled=vaderSentiment==3.3.2  # its source package has the texts that people rated
add_models() {
  [ "$(cat .peers/models 2>/dev/null)" = "${models[*]} $labelled" ] && return
  echo "fetching ${models[*]} ..."
  .peers/venv/bin/python -m pip install --quiet --disable-pip-version-check "${models[@]}"
  rm -rf .peers/vader
  mkdir -p .peers/vader
  .peers/venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d .peers/vader "$labelled"
  tar xzf .peers/vader/vader*.tar.gz --strip-components=2 -C .peers/vader --wildcards '*/hutto_ICWSM_2014.tar.gz'
  tar xzf .peers/vader/hutto_ICWSM_2014.tar.gz --strip-components=1 -C .peers/vader --wildcards '*_GroundTruth.txt'
  rm .peers/vader/*.tar.gz
  echo "${models[*]} $labelled" > .peers/models
}
# Evidence's versions are those of bench/evidence/package.json. A failure costs bench/dashboards.py its comparison, and nothing else.
add_evidence() {
  cmp -s bench/evidence/package.json .peers/evidence/installed && return
  echo "fetching Evidence ..."
  rm -rf .peers/evidence
  mkdir -p .peers/evidence
  cp bench/evidence/package.json .peers/evidence/
  if (cd .peers/evidence && npm install --no-package-lock --no-audit --no-fund --loglevel=error); then
    cp bench/evidence/package.json .peers/evidence/installed
  else
    echo "setup-peers: Evidence cannot be installed, so bench/dashboards.py goes without it" >&2
  fi
}
if [ "${1:-}" = --evidence ]; then add_evidence; fi

if [ "$(cat .peers/stamp 2>/dev/null)" = "$stamp" ]; then
  add_models
  exit 0
fi

# Ivy's resolution does not find Delta's own dependencies, Maven's does: hence a throw-away project.
command -v mvn >/dev/null || install_packages maven
mkdir -p .peers
rm -rf .peers/jars .peers/venv .peers/stamp .peers/models
echo "fetching ${packages[*]} ..."
python3 -m venv .peers/venv
.peers/venv/bin/python -m pip install --quiet --disable-pip-version-check "${packages[@]}"

add_models

echo "fetching $delta_jar ..."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
IFS=: read -r group artifact version <<<"$delta_jar"
cat > "$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tarn</groupId><artifactId>peers</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
mvn --quiet --batch-mode -f "$work/pom.xml" dependency:copy-dependencies \
  -DincludeGroupIds="$group" -DoutputDirectory="$PWD/.peers/jars"
ls .peers/jars/*.jar >/dev/null
echo "$stamp" > .peers/stamp
echo "peers are ready in .peers/"
