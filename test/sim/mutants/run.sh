#!/usr/bin/env bash
# Builds the simulation with each mutant of the core and looks for the first seed that catches it:
#   run.sh BUILD BUDGET, or, for those that small worlds must catch, run.sh BUILD --small DEPTH    (CXX and CXXFLAGS as for make; MUTANT=NAME for one; JOBS for how many at a time)
# A file of arguments instead of a patch is a world made wrong.
# A mutant that is not caught within BUDGET seeds is a failure, and so is a patch that no longer applies.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
build=$1 budget=${2:-20000} # of seeds, or of choices in small worlds
[ "$budget" != --small ] || export SMALL=${SMALL:-${3:-6}}
small=${SMALL-}
# Those that no combination of a few choices may miss.
readonly in_small=(no_grace own_delete_ignored deadline_from_the_answer token_without_clock any_delete_leads)
work=$build/mutants
read -ra flags <<<"-std=c++17 ${CXXFLAGS:--O2} -Iinclude -I."
row() { printf '%-32s %-58s %9s  %s\n' "$@"; } # MUTANT 'CAUGHT BY' SEEDS 'WHAT IT DOES'

# Sources that do not include one of these headers, however indirectly, are the same objects as in the build.
touched() { # OBJECT HEADER...
  local deps=${1%.o}.d each
  shift
  for each; do grep -q "src/$each" "$deps" && return 0; done
  return 1
}

# The first walk of small worlds that breaks a rule, and which.
exhaust() { # PROGRAM
  local verdict
  verdict=$("$1" --brief --exhaust "$small" | tail -n 1)
  case $verdict in *passed*) ;; *) echo "seed $verdict" ;; esac
}

# The first seed that breaks a rule, and which; what the core itself does not pass in the world as it is does not count.
search() { # PROGRAM ARGUMENTS...
  local verdict seed first=1
  while [ $first -le "$budget" ]; do
    verdict=$("$@" SEED=$first SEEDS=$((budget + 1 - first)) TWICE=0 JOBS=1 --brief 2>&1 | grep -m 1 '^seed ')
    [ -n "$verdict" ] || return
    seed=${verdict#seed } seed=${seed%%:*}
    if "$build/test/sim" SEED="$seed" SEEDS=1 TWICE=0 JOBS=1 --brief >/dev/null; then
      echo "$verdict"
      return
    fi
    first=$((seed + 1))
  done
}

compile() { # PATCH TREE LOG: TREE/sim
  local tree=$2 log=$3 objects=() headers=() each
  rm -rf "$tree" && mkdir -p "$tree" && cp -r src "$tree/"
  if ! patch -s -f -p1 -d "$tree/src" <"$1" >"$log" 2>&1; then
    echo 'THE PATCH DOES NOT APPLY'
    return 1
  fi
  mapfile -t headers < <(sed -n 's#^+++ [^/]*/\([^ \t]*\.hpp\).*#\1#p' "$1")
  for each in src/core/*.cc src/token/session_deadline.cc src/token/token_state.cc src/token/listeners.cc src/base/fork_guard.cc test/sim/*.cc; do
    local object=$build/obj/${each%.cc}.o source=$each
    [ -e "$tree/$each" ] && source=$tree/$each
    if ! cmp -s "$each" "$source" || touched "$object" "${headers[@]}"; then
      object=$tree/${each//\//_}.o
      if ! ${CXX:-c++} "${flags[@]}" -I"$tree/src" -c "$source" -o "$object" >>"$log" 2>&1; then
        echo 'DOES NOT COMPILE'
        return 1
      fi
    fi
    objects+=("$object")
  done
  if ! ${CXX:-c++} -o "$tree/sim" "${objects[@]}" >>"$log" 2>&1; then
    echo 'DOES NOT LINK'
    return 1
  fi
}

one() { # PATCH, or ARGUMENTS for the simulation as it is: a line of the table, in a file of its own
  local name why verdict seed tree
  name=$(basename "${1%.*}")
  why=$(head -n 1 "$1")
  tree=$work/$name
  if [ "${1##*.}" = args ]; then
    read -ra args < <(sed -n 2p "$1")
    verdict=$(search "$build/test/sim" "${args[@]}")
  else
    verdict=$(compile "$1" "$tree" "$work/$name.log") || {
      row "$name" "$verdict" - "$why"
      return 1
    }
    verdict=$(if [ -n "$small" ]; then exhaust "$tree/sim"; else search "$tree/sim"; fi)
    rm -rf "$tree"
  fi
  if [ -z "$verdict" ]; then
    row "$name" 'NOT CAUGHT' "${small:->$budget}" "$why"
    return 1
  fi
  seed=${verdict#seed } seed=${seed%%:*}
  row "$name" "${verdict#*: }" "$seed" "$why"
}

if [ "${3-}" = --one ]; then
  each=$(basename "$4")
  one "$4" >"$work/${each%.*}.row"
  exit
fi
[ -x "$build/test/sim" ] || { echo "build the simulation first" >&2; exit 1; }
mkdir -p "$work"
rm -f "$work"/*.row
mapfile -t patches < <(find test/sim/mutants \( -name "${MUTANT:-*}.patch" -o -name "${MUTANT:-*}.args" \) | LC_ALL=C sort)
[ -z "$small" ] || mapfile -t patches < <(printf "test/sim/mutants/%s.patch\n" "${in_small[@]}")
printf '%s\n' "${patches[@]}" | xargs -P "${JOBS:-$(nproc)}" -I{} "$0" "$build" "$budget" --one {}
row mutant 'caught by' "$([ -n "$small" ] && echo walk || echo seeds)" 'what it does'
cat "$work"/*.row
missed=$(cat "$work"/*.row | grep -cE 'NOT CAUGHT|THE PATCH DOES NOT APPLY|DOES NOT (COMPILE|LINK)')
caught=$((${#patches[@]} - missed))
[ -n "$small" ] || echo "budget: $budget seeds each"
echo "$caught passed, $missed failed"
[ "$missed" = 0 ]
