#!/usr/bin/env bash
# No file must be scrolled to be understood: sizes.sh [ROOT]
set -uo pipefail
cd "${1:-$(dirname "$0")/../..}" || exit 1
readonly limit=500

long=$(find src include tools examples test -name '*.cc' -o -name '*.hpp' -o -name '*.h' -o -name '*.sh' |
  while read -r each; do
    lines=$(wc -l <"$each")
    [ "$lines" -le $limit ] || echo "$each: $lines lines, more than $limit: split it by the questions it answers"
  done)
[ -z "$long" ] || { echo "$long"; exit 1; }
echo "no file over $limit lines"
