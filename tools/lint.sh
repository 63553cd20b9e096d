#!/bin/sh
# What tools say of the code: staticcheck, and known weaknesses of the modules that it
# links (govulncheck), which needs its database: where that cannot be reached it says so.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
export CGO_ENABLED=0
$GO tool -modfile=tools/ship/go.mod staticcheck ./...
echo "ok  	staticcheck"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
if timeout 120 $GO tool -modfile=tools/ship/go.mod govulncheck ./cmd/truce >"$out" 2>&1; then
  echo "ok  	govulncheck"
elif grep -q "fetching vulnerabilities" "$out"; then
  echo "NOTE: the database of govulncheck cannot be reached from here: known weaknesses of modules were NOT looked up" >&2
else
  cat "$out"
  exit 1
fi
