#!/usr/bin/env bash
# Replays the corpus of each fuzz target: replay.sh BUILD. One test each.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0
for source in test/fuzz/*.cc; do
  name=$(basename "$source" .cc)
  mapfile -t inputs < <(find "test/fuzz/corpus/$name" -type f 2>/dev/null | LC_ALL=C sort)
  if [ ${#inputs[@]} = 0 ]; then
    echo "$name: there is no corpus in test/fuzz/corpus/$name/" >&2
    failed=$((failed + 1))
  elif timeout 300 "$1/test/replay/$name" "${inputs[@]}"; then
    echo "$name: ${#inputs[@]} inputs"
    passed=$((passed + 1))
  else
    echo "$name: FAILED" >&2
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
