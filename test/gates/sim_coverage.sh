#!/usr/bin/env bash
# Which lines of the core the simulation reaches, and which transitions between the states of elections, lease and watch:
#   sim_coverage.sh BUILD SEEDS    (BUILD was made by `make sim-coverage`)
# What is not reached must be explained in test/sim/unreached.txt. One test per file, one for the transitions.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1 seeds=$2
readonly explained=test/sim/unreached.txt
out=$build/gcov
rm -rf "$out" && mkdir -p "$out"
export SIM_TRANSITIONS=$PWD/$out/transitions
: >"$SIM_TRANSITIONS"

find "$build" -name '*.gcda' -delete
"$build/test/sim" SEEDS="$seeds" TWICE=0 --brief || exit 1
"$build/test/sim" --exhaust 4 || exit 1
ln -s "$PWD/src" "$out/src"  # gcov looks for the sources by their relative names
objects=$(cd "$build" && pwd)/obj
passed=0 failed=0
judge() { if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }

for source in src/core/*.cc; do
  (cd "$out" && gcov -o "$objects/$(dirname "$source")" "$objects/${source%.cc}.o" >/dev/null 2>&1)
  report=$out/$(basename "$source").gcov
  [ -e "$report" ] || { echo "$source: no report" >&2; judge 1; continue; }
  awk -v file="$source" '
    function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
    FILENAME ~ /unreached.txt$/ {
      if ($0 !~ /^(#|$)/ && index($0, file ": ") == 1) known[trim(substr($0, length(file) + 3))]++
      next
    }
    {
      before = text
      text = $0
      sub(/^[^:]*:[^:]*:/, "", text)
      text = trim(text)
    }
    { split($0, part, ":"); count = part[1]; line = part[2] + 0; gsub(/[ *]/, "", count) }
    count == "-" || line == 0 { next }
    { all++ }
    count ~ /^[#=]+$/ {
      missed++
      if (("*" in known) || ((text " <- " before) in known)) next
      # Each entry explains one line: another of the same words has reasons of its own.
      if (known[text]-- > 0) next
      new[++unexplained] = line ": " text " <- " before
    }
    END {
      printf "%-28s %5.1f %% of %d lines, %d not reached and explained\n", file, all ? 100 * (all - missed) / all : 100, all, missed - unexplained
      for (i = 1; i <= unexplained; i++) print "    NOT EXPLAINED " new[i]
      exit unexplained != 0
    }' "$explained" "$report"
  judge $?
done

awk '
  sub(/^possible: /, "") { possible[$0] = 1; order[++n] = $0; next }
  FILENAME ~ /unreached.txt$/ { next }
  { seen[$1 " -> " $3] += $4 }
  END {
    for (i = 1; i <= n; i++) {
      printf "%-28s %d\n", order[i], seen[order[i]]
      if (!seen[order[i]]) missing = 1
    }
    for (each in seen) if (!(each in possible)) { print each ": IS NOT POSSIBLE, says the list"; missing = 1 }
    exit missing
  }' "$explained" "$SIM_TRANSITIONS"
judge $?
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
