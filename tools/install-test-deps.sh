#!/bin/sh
# Installs what the tests need beyond Go: a browser, for the page of the demo and
# the console; Node and npm, for the check that the console that is committed is what
# its sources give;
# PostgreSQL with PostGIS and a C compiler, for the statements of truce sql.
# Only `make test` runs this. It uses sudo where it is not run by root, and
# says so where neither is possible.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium fonts-noto-core"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgresql-15 postgresql-15-postgis-3"
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
command -v gcc >/dev/null 2>&1 || missing="$missing gcc g++ libc6-dev"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "install-test-deps: no apt-get here: install by hand what stands for these Debian packages, so that all tests can run:$missing" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-test-deps: this is neither root nor has sudo: run 'apt-get install $missing' as root" >&2
    exit 1
  fi
  as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null || { echo "install-test-deps: apt-get update failed" >&2; exit 1; }
# shellcheck disable=SC2086
$as_root apt-get install -q -y --no-install-recommends $missing >/dev/null || { echo "install-test-deps: apt-get install $missing failed" >&2; exit 1; }
