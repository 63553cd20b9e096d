#!/bin/sh
# Installs what the tests need beyond Go: a browser, for the page of the demo.
# Only `make test` runs this. It uses sudo where it is not run by root, and
# says so where neither is possible.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "install-test-deps: no apt-get here: install Chromium by hand, so that the tests of the page can run" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-test-deps: Chromium is missing and this is neither root nor has sudo: run 'apt-get install chromium' as root" >&2
    exit 1
  fi
  as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null || { echo "install-test-deps: apt-get update failed" >&2; exit 1; }
$as_root apt-get install -q -y --no-install-recommends chromium fonts-noto-core >/dev/null || { echo "install-test-deps: apt-get install chromium failed" >&2; exit 1; }
