#!/usr/bin/env bash
# No file must be scrolled to be understood: sizes.sh [ROOT]
# The product and what one reads beside it has short files; a test may be a longer list of cases.
set -uo pipefail
cd "${1:-$(dirname "$0")/../..}" || exit 1

longer_than() { # LINES DIRECTORY...
  local limit=$1 each lines
  shift
  find "$@" -name '*.cc' -o -name '*.hpp' -o -name '*.h' -o -name '*.sh' | LC_ALL=C sort | while read -r each; do
    lines=$(wc -l <"$each")
    [ "$lines" -le "$limit" ] || echo "$each: $lines lines, more than $limit: split it by the questions it answers"
  done
}

long=$(longer_than 320 src include tools examples; longer_than 500 test)
[ -z "$long" ] || { echo "$long"; exit 1; }
echo "no file over 320 lines, no test over 500"
