#!/usr/bin/env bash
# Runs each step and counts tests: tally.sh 'NAME=COMMAND LINE'...
#
# A step whose output ends with Criterion's synthesis or with our own `N passed, N failed` counts
# as many tests as it names; any other counts as one, by its exit code. All steps run, whatever
# fails. The last line is the sum, alone: `N passed, N failed`.
set -uo pipefail

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The last count in the log as "PASSED FAILED"; nothing if there is none.
counted() {
  sed -e 's/\x1b\[[0-9;]*m//g' "$log" | awk '
    /Synthesis: Tested:/ {
      gsub(/\|/, "")
      for (i = 1; i < NF; i++) {
        if ($i == "Tested:") tested = $(i + 1)
        if ($i == "Passing:") p = $(i + 1)
      }
      f = tested - p
      seen = 1
    }
    /^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3; seen = 1 }
    END { if (seen) print p, f }'
}

run_step() {
  local name=$1 command=$2 began=$SECONDS status=0 p f
  printf -- '--- %s: %s\n' "$name" "$command"
  bash -c "$command" </dev/null 2>&1 | tee "$log" || status=1
  read -r p f <<<"$(counted)"
  if [ -z "${p:-}" ]; then p=$((status == 0)) f=$((status != 0)); fi
  # A program that dies after its summary, or tests nothing, has not passed.
  if [ "$f" = 0 ] && { [ $status != 0 ] || [ "$p" = 0 ]; }; then f=1; fi
  passed=$((passed + p))
  failed=$((failed + f))
  printf -- '--- %s: %s (%d s)\n' "$name" "$([ "$f" = 0 ] && echo ok || echo FAILED)" $((SECONDS - began))
  [ "$f" = 0 ] || failures+="${failures:+, }$name"
}

# A step may call make, with our variables but not with the job server of the make that called us.
MAKEFLAGS=$(sed -E 's/(^| )-?-j(observer-auth=[^ ]*|[0-9]*)//g' <<<"${MAKEFLAGS-}")
export MAKEFLAGS

failures=
SECONDS=0
for step; do
  run_step "${step%%=*}" "${step#*=}"
done
printf -- '--- %d s in all%s\n' $SECONDS "${failures:+; failed: $failures}"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
