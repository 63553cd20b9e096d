#!/bin/sh
# The console from its sources.
#   console.sh build   into internal/console/dist, to be committed
#   console.sh check   types and components, and that a build gives what is committed
#   console.sh fetch   only what both need (npm ci)
# Where there is no Node that is new enough, or npm cannot reach its registry, check
# and fetch say so and do nothing: Go alone builds truce from what is committed.
set -eu
cd "$(dirname "$0")/../console"
skip() {
  echo "NOTE: $1: the committed console was NOT compared with its sources" >&2
  [ "$what" = build ] && exit 1
  exit 0
}
what=${1:-build}
command -v npm >/dev/null 2>&1 || skip "there is no npm here"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || a === 22 && b >= 12 || a === 20 && b >= 19 ? 0 : 1)' || skip "Node $(node --version) is too old (20.19, or 22.12 and later)"
if ! cmp -s package-lock.json node_modules/.truce-lock; then
  npm ci --no-audit --no-fund >/dev/null 2>node_modules.log || { cat node_modules.log >&2; rm -f node_modules.log; skip "npm ci failed"; }
  rm -f node_modules.log
  cp package-lock.json node_modules/.truce-lock
fi
case $what in
fetch) ;;
build)
  npx vite build --logLevel warn
  ;;
check)
  npx svelte-check --tsconfig ./tsconfig.json --output human --fail-on-warnings >check.log 2>&1 || { cat check.log; rm -f check.log; exit 1; }
  rm -f check.log
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  CONSOLE_OUT="$out" npx vite build --logLevel warn
  if ! diff -r "$out" ../internal/console/dist >/dev/null; then
    diff -rq "$out" ../internal/console/dist || true
    echo "the committed console is not what its sources give: run make console and commit internal/console/dist" >&2
    exit 1
  fi
  if left=$(git -C .. ls-files --others -- internal/console/dist 2>/dev/null) && [ -n "$left" ]; then
    echo "files of the console are built and not committed, so that a clone has none of them:" >&2
    echo "$left" | head -5 >&2
    exit 1
  fi
  echo "ok  	console: a build gives what is committed"
  ;;
*)
  echo "usage: console.sh build|check|fetch" >&2
  exit 2
  ;;
esac
