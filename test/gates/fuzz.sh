#!/usr/bin/env bash
# Runs each libFuzzer target for a while: fuzz.sh BUILD SECONDS [AT_ONCE]. One test each, two at a
# time by default. New inputs stay in BUILD/corpus; what crashes is written to BUILD/crashes and
# belongs into test/fuzz/corpus afterwards.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1 seconds=$2 at_once=${3:-2}

run() { # NAME
  local name=$1 more=()
  # Conversations are longer than what libFuzzer begins with.
  case $name in conversation | lies) more=(-max_len=384 -len_control=20) ;; esac
  mkdir -p "$build/corpus/$name"
  "$build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    "${more[@]}" -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name" "test/fuzz/corpus/$name" \
    >"$build/$name.log" 2>&1
  echo $? >"$build/$name.status"
}

mkdir -p "$build/crashes"
names=()
for source in test/fuzz/*.cc; do
  [ -e "$source" ] || continue
  name=$(basename "$source" .cc)
  names+=("$name")
  while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
  run "$name" &
done
wait

passed=0 failed=0
for name in "${names[@]}"; do
  if [ "$(cat "$build/$name.status")" = 0 ]; then
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
