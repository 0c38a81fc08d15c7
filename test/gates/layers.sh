#!/usr/bin/env bash
# The house has one room for each question, and arrows point downwards only: layers.sh [ROOT].
# Each row of the table is a test, and so is each rule below it. `make rooms` draws what the code does.
set -uo pipefail
root=$(realpath "${1:-$(dirname "$0")/../..}")
gates=$(realpath "$(dirname "$0")")
cd "$root" || exit 1

# ROOM, then all that its files may include besides themselves and std: a room; one header of a room;
# `tenure`, the public headers; a library. A row names only rows above it.
readonly table='
core
etcd      <rapidjson>
base      tenure core/time core/choices
loop      tenure base core/time <uv>
token     tenure base core/time core/belief
net       tenure base loop <uv> <curl> <ares>
wire      tenure core etcd net/reply
session   tenure base core etcd loop token net wire <uv>
election  tenure base core etcd loop wire session
jobs      tenure base core loop wire session election
public    tenure base core etcd loop token net wire session election jobs <uv>'

passed=0 failed=0
verdict() { # RULE FINDINGS
  if [ -z "$2" ]; then
    passed=$((passed + 1))
  else
    printf '%s:\n%s\n' "$1" "$2" >&2
    failed=$((failed + 1))
  fi
}

includes() { # DIRECTORY: every include in it, as FILE:LINE:TEXT
  [ ! -d "$1" ] || grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.cc' --include='*.hpp' --include='*.h' "$1"
}

# --- the rooms of src/ -------------------------------------------------------------------------
arrows=$("$gates/rooms.sh" --arrows "$root")
libraries='<(uv|curl|ares|rapidjson|openssl)>'
above=' tenure '
while read -r room may; do
  [ -n "$room" ] || continue
  verdict "src/$room includes what its row in layers.sh does not name ($may)" "$(
    awk -v room="$room" -v may=" $may " -v libraries="$libraries" '
      $1 != room || ($2 ~ /^</ && $2 !~ libraries) { next }
      { header = $3; sub(/\.hpp$/, "", header) }
      !index(may, " " $2 " ") && !index(may, " " header " ") { print $4 ": " $3 }' <<<"$arrows"
  )"
  for each in $may; do
    [[ $each == '<'* || $above == *" ${each%%/*} "* ]] || verdict "the row of $room points upwards" "$each"
  done
  above+="$room "
done <<<"$table"
verdict 'a room of src/ without a row in layers.sh' \
  "$(find src -mindepth 1 -type d -printf '%P\n' | while read -r each; do [[ $above == *" $each "* ]] || echo "$each"; done)"
verdict 'src/ itself holds more than the public handles and its README' \
  "$(find src -maxdepth 1 -type f ! -name '*.cc' ! -name README.md)"

# What core may use of the outside world: the language's own types and containers, no clock, no
# randomness, no threads, no files.
std='algorithm|array|cassert|cstddef|cstdint|cstdlib|cstring|deque|functional|initializer_list|iterator|limits|map|memory|new|numeric|optional|queue|set|string|string_view|tuple|type_traits|utility|variant|vector'
verdict 'src/core includes more than the plain parts of std' \
  "$(includes src/core | grep -E '<' | grep -vE "<($std)>")"

# --- around it ---------------------------------------------------------------------------------
verdict 'a public header includes uv, curl, RapidJSON or something that is not public' \
  "$(includes include | grep -E '<uv\.h>|<uv/|curl|rapidjson|"')"
verdict 'the command or an example includes something that is not public' \
  "$({ includes tools; includes examples; } | grep -E "[\"<]($(tr ' ' '|' <<<"${above# tenure }" | sed 's/|*$//'))/|\"src/")"
verdict 'a request to the election or lock service of etcd; the key-value service is enough and safer' \
  "$(grep -rnE '/v3[a-z]*/(election|lock)' src include tools/tenure 2>/dev/null)"
verdict 'something at the top level that does not belong there' \
  "$(find . -mindepth 1 -maxdepth 1 -printf '%P\n' |
    grep -vxE 'Makefile|src|include|test|tools|examples|README\.md|LICENSE|CHANGELOG\.md|\..*|build(-.*)?|compile_commands\.json')"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
