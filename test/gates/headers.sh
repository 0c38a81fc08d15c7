#!/usr/bin/env bash
# Each public header compiles alone, in everybody's dialect: headers.sh [INCLUDE DIRECTORY]
# One test for each header and compiler.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export include=${1:-include}

compile_one() { # COMPILER HEADER
  local compiler=$1 header=$2 standard extra
  local -a strict=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$include")
  for standard in c++17 c++20; do
    for extra in '' '-fno-exceptions -fno-rtti'; do
      # shellcheck disable=SC2086
      echo "#include <tenure/$header>" | "$compiler" -std=$standard $extra "${strict[@]}" -x c++ - || return 1
    done
  done
  if echo "#include <tenure/$header>" | "$compiler" -std=c++17 -I"$include" -M -x c++ - |
    grep -E '/(uv\.h|curl/|rapidjson/)'; then
    echo 'a public header shows what is our own affair'
    return 1
  fi
  case $header in
    *.h) printf '#include <tenure/%s>\nint used;\n' "$header" | "$(c_of "$compiler")" -std=c99 "${strict[@]}" -x c - ;;
  esac
}
c_of() { case $1 in g++) echo gcc ;; *) echo clang ;; esac; }
verdict() { if compile_one "$@"; then echo ok; else echo "FAILED: $2 with $1"; fi; }
export -f compile_one c_of verdict

results=$(for header in "$include"/tenure/*.hpp "$include"/tenure/*.h; do
  for compiler in g++ clang++; do echo "$compiler" "$(basename "$header")"; done
done | xargs -P2 -L1 bash -c 'verdict "$@"' _)
failed=$(grep -c FAILED <<<"$results")
grep FAILED <<<"$results"
echo "$(grep -cx ok <<<"$results") passed, $failed failed"
[ "$failed" = 0 ]
