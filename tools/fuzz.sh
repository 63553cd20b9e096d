#!/bin/sh
# Runs every fuzzer for the time given (15s by default). They are found by name,
# so that a new one is run too: every reader of a format in internal/feeds and of
# archives; terms, annexes, commitments; zones and places; layers of control;
# times, numbers, facts; vocabularies; cases; the lexicon.
set -eu
for pkg in $(go list ./...); do
  dir=$(go list -f '{{.Dir}}' "$pkg")
  for f in $(grep -ho 'func Fuzz[A-Za-z0-9]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //'); do
    echo "$pkg $f"
    go test "$pkg" -run '^$' -fuzz "^$f\$" -fuzztime "${1:-15s}" -fuzzminimizetime 5x
  done
done
