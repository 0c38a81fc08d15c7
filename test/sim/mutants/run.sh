#!/usr/bin/env bash
# Builds the simulation with each mutant of the core and looks for the first seed that catches it:
#   run.sh BUILD BUDGET    (CXX and CXXFLAGS as for make)
# A mutant that is not caught within BUDGET seeds is a failure, and so is a patch that no longer applies.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
build=$1 budget=${2:-20000}
work=$build/mutants
read -ra flags <<<"-std=c++17 ${CXXFLAGS:--O2} -Iinclude -I."
mkdir -p "$work"
mapfile -t simulation < <(find "$build/obj/test/sim" -maxdepth 1 -name '*.o' | sort)
[ ${#simulation[@]} -gt 0 ] || { echo "build the simulation first" >&2; exit 1; }

passed=0 failed=0
printf '%-28s %-58s %9s  %s\n' mutant 'caught by' seeds 'what it does'
one() { # PATCH: a line of the table
  local name tree why objects=() each verdict seeds rule
  name=$(basename "$1" .patch)
  why=$(head -n 1 "$1")
  tree=$work/$name
  rm -rf "$tree" && mkdir -p "$tree" && cp -r src "$tree/"
  if ! patch -s -f -p1 -d "$tree/src" <"$1" >"$work/$name.log" 2>&1; then
    printf '%-28s %-58s %9s  %s\n' "$name" 'THE PATCH DOES NOT APPLY' - "$why"
    return 1
  fi
  # What a patch does not touch is the same object as in the build; a touched header touches all.
  local all=0
  grep -q '^+++ .*\.hpp' "$1" && all=1
  for each in src/core/*.cc src/token_state.cc src/fork_guard.cc; do
    if [ $all = 0 ] && cmp -s "$each" "$tree/$each"; then
      objects+=("$build/obj/${each%.cc}.o")
    else
      objects+=("$tree/$(basename "$each" .cc).o")
      ${CXX:-c++} "${flags[@]}" -I"$tree/src" -c "$tree/$each" -o "${objects[-1]}" >>"$work/$name.log" 2>&1 || {
        printf '%-28s %-58s %9s  %s\n' "$name" 'DOES NOT COMPILE' - "$why"
        return 1
      }
    fi
  done
  local hosts=("${simulation[@]}")
  if [ $all = 1 ]; then
    hosts=()
    for each in test/sim/*.cc; do
      hosts+=("$tree/sim_$(basename "$each" .cc).o")
      ${CXX:-c++} "${flags[@]}" -I"$tree/src" -c "$each" -o "${hosts[-1]}" >>"$work/$name.log" 2>&1 || return 1
    done
  fi
  ${CXX:-c++} -o "$tree/sim" "${hosts[@]}" "${objects[@]}" >>"$work/$name.log" 2>&1 || return 1
  local first=1
  verdict=
  while [ $first -le "$budget" ]; do
    verdict=$("$tree/sim" SEED=$first SEEDS=$((budget + 1 - first)) TWICE=0 --brief 2>&1 | grep -m 1 '^seed ')
    [ -n "$verdict" ] || break
    seeds=${verdict#seed } seeds=${seeds%%:*}
    # What the core itself does not pass is no merit of the mutant's.
    "$build/test/sim" SEED="$seeds" SEEDS=1 TWICE=0 --brief >/dev/null && break
    first=$((seeds + 1)) verdict=
  done
  rm -rf "$tree"
  if [ -z "$verdict" ]; then
    printf '%-28s %-58s %9s  %s\n' "$name" 'NOT CAUGHT' ">$budget" "$why"
    return 1
  fi
  rule=${verdict#*: }
  printf '%-28s %-58s %9s  %s\n' "$name" "$rule" "$seeds" "$why"
}
for patch in test/sim/mutants/${MUTANT:-*}.patch; do
  if one "$patch"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "budget: $budget seeds each"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
