#!/bin/sh
# Runs every fuzzer for the time given (15s by default), with FUZZ_WORKERS workers
# (as many as there are cores by default), and says of each how many inputs it tried.
# They are found by name, so that a new one is run too: every reader of a format in
# internal/feeds and of archives; terms, annexes, commitments; zones and places;
# layers of control; times, numbers, facts; vocabularies; cases; the lexicon.
# One that finds something does not keep the others from running.
#
# "fuzz.sh list" prints them, and ends with status 1 where a fuzzer stands in a file
# that is not run: one of another module, or one that is not built here.
set -eu
cd "$(dirname "$0")/.."

# of the packages of this module, with the files that are built here
found() {
  go list -f '{{$p := .}}{{range .TestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}
{{end}}' ./... | while read -r pkg file; do
    [ -n "$pkg" ] || continue
    sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\)(.*|$pkg \1|p" "$file"
  done
}

# in all files of tests that lie here
written() { find . -name node_modules -prune -o -name .git -prune -o -name '*_test.go' -exec grep -h '^func Fuzz' {} + | wc -l; }

all=$(found)
n=$(printf '%s\n' "$all" | wc -l)
if [ "$n" -ne "$(written)" ]; then
  echo "fuzz.sh: $(written) functions begin with Fuzz here, and $n of them can be run: move the others into a package of this module, without a build tag" >&2
  exit 1
fi
if [ "${1:-}" = list ]; then
  printf '%s\n' "$all"
  exit
fi
said=$(mktemp)
trap 'rm -f "$said"' EXIT

run() {
  go test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 5x ${FUZZ_WORKERS:+-parallel "$FUZZ_WORKERS"} </dev/null >"$said" 2>&1 && ok=0 || ok=$?
  cat "$said"
  return $ok
}

printf '%s\n' "$all" | (
  bad=0
  while read -r pkg f; do
    echo "$pkg $f"
    run "$pkg" "$f" "${1:-15s}" && continue
    # where the machine is busy a worker may answer late when the time is over, which go
    # reports as a failure with no input: that is tried once more
    if grep -q 'context deadline exceeded' "$said" && ! grep -q 'Failing input' "$said"; then
      echo "the time ran out while an input was tried: again"
      run "$pkg" "$f" "${1:-15s}" && continue
    fi
    bad=1
    echo "FOUND by $pkg $f"
  done
  exit $bad
)
