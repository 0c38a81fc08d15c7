#!/usr/bin/env bash
# clang-tidy over the library and the command, two files at a time: tidy.sh [FILE...]
# A file that has not changed since it was found clean is not looked at again (its headers count).
set -euo pipefail
cd "$(dirname "$0")/../.."
export stamps=${BUILD:-build}/tidy
mkdir -p "$stamps"

tidy_one() {
  local source=$1 stamp sum
  local -a flags=(-std=c++17 -Iinclude -Isrc -Wall -Wextra -Wpedantic -Wconversion)
  stamp=$stamps/${source//\//.}
  # All that goes in: the preprocessed text and the rules.
  sum=$({ clang++ "${flags[@]}" -E "$source"; cat .clang-tidy; } 2>/dev/null | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
  rm -f "$stamp"
  # Counts of suppressed findings in system headers are no news.
  if clang-tidy --quiet "$source" -- "${flags[@]}" 2>"$stamp.log"; then
    echo "$sum" >"$stamp"
  else
    grep -v 'warnings generated' "$stamp.log" >&2 || true
    return 1
  fi
}
export -f tidy_one

if [ $# = 0 ]; then
  mapfile -t sources < <(find src tools -name '*.cc' | LC_ALL=C sort)
  set -- "${sources[@]}"
fi
# shellcheck disable=SC2016
printf '%s\0' "$@" | xargs -0 -P2 -n1 bash -c 'tidy_one "$1"' _
echo "$# files"
