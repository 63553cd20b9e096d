#!/bin/sh
# Runs every fuzzer for the time given (15s by default).
set -eu
for pkg in $(go list ./...); do
  dir=$(go list -f '{{.Dir}}' "$pkg")
  for f in $(grep -ho 'func Fuzz[A-Za-z0-9]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //'); do
    echo "$pkg $f"
    go test "$pkg" -run '^$' -fuzz "^$f\$" -fuzztime "${1:-15s}" -fuzzminimizetime 5x
  done
done
