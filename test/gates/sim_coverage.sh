#!/usr/bin/env bash
# Which lines of the core the simulation reaches: sim_coverage.sh BUILD SEEDS. BUILD was made with --coverage.
# One test: no file falls below what test/sim/README.md explains.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1 seeds=$2
# The messages of refused timings, the tokens of children and subscribers, and the reading of all elections for
# directories are for unit tests.
readonly least=95

find "$build" -name '*.gcda' -delete
"$build/test/sim" SEEDS="$seeds" TWICE=0 || exit 1
"$build/test/sim" --exhaust 4 || exit 1
out=$build/gcov
rm -rf "$out" && mkdir -p "$out"
ln -s "$PWD/src" "$out/src"  # gcov looks for the sources by their relative names
objects=$(cd "$build" && pwd)/obj
passed=0 failed=0
for source in src/core/*.cc src/token_state.cc; do
  (cd "$out" && gcov -o "$objects/$(dirname "$source")" "$objects/${source%.cc}.o" >/dev/null 2>&1)
  report=$out/$(basename "$source").gcov
  [ -e "$report" ] || continue
  awk -v file="$source" -v least="$least" '
    { split($0, part, ":"); count = part[1]; line = part[2] + 0; gsub(/[ *]/, "", count) }
    count == "-" || line == 0 { next }
    { all++ }
    count ~ /^[#=]+$/ { missed++; text = $0; sub(/^[^:]*:[^:]*:/, "", text); lines[missed] = line ":" text; next }
    END {
      share = all ? 100 * (all - missed) / all : 100
      printf "%-28s %5.1f %% of %d lines\n", file, share, all
      for (i = 1; i <= missed; i++) print "    " lines[i]
    }' "$report"
done | tee "$out/summary"
while read -r file share _; do
  case $file in
    */timings.cc | */token_state.cc | */survey.cc) continue ;;
  esac
  if awk -v s="$share" -v l=$least 'BEGIN { exit !(s >= l) }'; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done < <(grep '% of' "$out/summary")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
