#!/usr/bin/env bash
# src/README.md leads a newcomer through the house. Each file that it names exists, and has the function that it
# names: walks.sh [README]. One test for each step of a walk, for each answer, and for each room.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
readme=$(realpath "${1:-src/README.md}")
cd src || exit 1

passed=0 failed=0
verdict() { # WHAT PROBLEM
  if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$1: $2"; fi
}

# [FILE](FILE) `FUNCTION`
# shellcheck disable=SC2016
place='\[([a-z_./]+)\]\(([a-z_./]+)\) `([a-z_:]+)`'
check() { # LINE: each place in it, at least one
  local rest=$1 some='' problem=''
  while [[ $rest =~ $place ]]; do
    some=yes
    rest=${rest#*"${BASH_REMATCH[0]}"}
    if [ "${BASH_REMATCH[1]}" != "${BASH_REMATCH[2]}" ]; then
      problem+=" ${BASH_REMATCH[1]} is a link to ${BASH_REMATCH[2]};"
    elif [ ! -f "${BASH_REMATCH[2]}" ]; then
      problem+=" there is no src/${BASH_REMATCH[2]};"
    elif ! grep -qE "^[a-z].*[ *&]${BASH_REMATCH[3]}\(" "${BASH_REMATCH[2]}"; then
      problem+=" src/${BASH_REMATCH[2]} does not define ${BASH_REMATCH[3]};"
    fi
  done
  [ -n "$some" ] || problem=' it names no file and function'
  verdict "${1:0:60}" "$problem"
}

walks=0 answers=0 part=''
while IFS= read -r line; do
  case $line in
    '## '*) part=${line#\#\# } ;;
    '### '*) walks=$((walks + 1)) ;;
    [0-9]*'. '*) [ "$part" != 'Three walks' ] || check "$line" ;;
    '| '*'? |'*) [ "$part" != Questions ] || { answers=$((answers + 1)); check "$line"; } ;;
  esac
done <"$readme"
verdict walks "$([ $walks = 3 ] || echo "$walks instead of 3")"
verdict questions "$([ $answers = 5 ] || echo "$answers instead of 5")"
for room in */; do
  verdict "$room" "$(grep -qF "| [$room](${room%/}) |" "$readme" || echo 'a room without a row')"
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
