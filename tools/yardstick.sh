#!/bin/sh
# Times bulk judging beside other programs, in turns, and prints medians and
# ratios (docs/performance.md).
#
#   tools/yardstick.sh FOLDER [ROUNDS]
#
# FOLDER holds the yardstick's data/ and, if they were built, bin/fast (a
# hand-written evaluator of this one data set) and bin/tidwall or bin/spatial
# (a stack of libraries). What is missing is said and left out.
set -eu
dir=$(cd "${1:?expected the folder of the yardstick}" && pwd)
rounds=${2:-5}
log=$(mktemp)
trap 'rm -f "$log" "$log.bin"' EXIT
go build -o "$log.bin" ./tools/yardstick
[ -x "$dir/bin/fast" ] || echo "bin/fast is not there: no ratio to it"
spatial=
for s in tidwall spatial; do [ -x "$dir/bin/$s" ] && spatial=$dir/bin/$s && break; done
[ -n "$spatial" ] || echo "neither bin/tidwall nor bin/spatial is there: no ratio to the stack of libraries"
cd "$dir"
# line NAME: takes "wall cpu" in seconds from the last line of a run.
line() {
  tail -1 | sed -n "s/.*\(median\|wall\)=\([0-9.]*\)s.* cpu=\([0-9.]*\)s\{0,1\}.*/$1 \2 \3/p" >> "$log"
}
k=0
while [ $k -lt "$rounds" ]; do
  k=$((k + 1))
  for r in 1 10 100; do
    for u in "" "-u"; do
      "$log.bin" -dir . -r $r $u -rep 3 | line "truce${u}-r$r"
      [ ! -x bin/fast ] || bin/fast -r $r $u -rep 3 | line "fast${u}-r$r"
    done
    "$log.bin" -dir . -r $r -full -rep 3 | line "truce-full-r$r"
    [ -z "$spatial" ] || "$spatial" -e tidwall -r $r | line "tidwall-r$r"
  done
done
echo "a million events, $rounds rounds; speed is as a multiple of the other's (by the clock; by processor time)"
awk '
  { n[$1]++; wall[$1, n[$1]] = $2; cpu[$1, n[$1]] = $3 }
  function median(a, key,   m, i, j, t, s) {
    m = n[key]; for (i = 1; i <= m; i++) s[i] = a[key, i]
    for (i = 2; i <= m; i++) for (j = i; j > 1 && s[j-1] > s[j]; j--) { t = s[j]; s[j] = s[j-1]; s[j-1] = t }
    return s[int((m + 1) / 2)]
  }
  function row(key) { if (n[key]) printf "%-16s %8.1f ns/event by the clock, %8.1f of processor time\n", key, median(wall, key) * 1000, median(cpu, key) * 1000 }
  function ratio(a, b) { if (n[a] && n[b]) printf "%-16s is %5.2f (%5.2f) times as fast as %s\n", a, median(wall, b) / median(wall, a), median(cpu, b) / median(cpu, a), b }
  END {
    split("1 10 100", rs, " ")
    for (i = 1; i <= 3; i++) { r = "-r" rs[i]
      row("truce" r); row("truce-full" r); row("truce-u" r); row("fast" r); row("fast-u" r); row("tidwall" r)
      ratio("truce" r, "fast" r); ratio("truce-full" r, "fast" r); ratio("truce-u" r, "fast-u" r); ratio("truce" r, "tidwall" r)
    }
  }' "$log"
