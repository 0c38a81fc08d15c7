#!/usr/bin/env bash
# Runs each libFuzzer target for a while: fuzz.sh BUILD SECONDS. One test each. New inputs stay in
# BUILD/corpus; what crashes is written to BUILD/crashes and belongs into test/fuzz/corpus afterwards.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1 seconds=$2

passed=0 failed=0
mkdir -p "$build/crashes"
for source in test/fuzz/*.cc; do
  [ -e "$source" ] || continue
  name=$(basename "$source" .cc)
  mkdir -p "$build/corpus/$name"
  if "$build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name" "test/fuzz/corpus/$name" \
    >"$build/$name.log" 2>&1; then
    echo "$name: $(grep -a 'number_of_executed_units' "$build/$name.log" | grep -o '[0-9]*$') inputs run"
    passed=$((passed + 1))
  else
    tail -n 40 "$build/$name.log" >&2
    echo "$name: FAILED, see $build/crashes/" >&2
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
