#!/usr/bin/env bash
# Which room of src/ includes which, drawn from the code: rooms.sh [--arrows] [ROOT]
#   The picture has one line a room, the highest first. The files of src/ itself are `public`.
#   --arrows prints each include that leaves a room: FROM TO HEADER FILE:LINE. `layers.sh` judges them.
set -euo pipefail
what=draw
[ "${1:-}" != --arrows ] || { what=arrows; shift; }
cd "${1:-$(dirname "$0")/../..}"

sources() { find src -name '*.cc' -o -name '*.hpp' | LC_ALL=C sort; }
room_of='function room_of(path) { return split(path, part, "/") > 2 ? part[2] : "public" }'

# TO is a room, `tenure` for a public header, `<uv>` for a library, `?` for what names no room.
arrows() {
  sources | xargs grep -nHE '^[[:space:]]*#[[:space:]]*include' |
    awk -F: -v rooms="$(find src -mindepth 1 -type d -printf '%P ')" "$room_of"'
    BEGIN { split(rooms, list, " "); for (i in list) is_room[list[i]]; is_room["tenure"] }
    {
      match($3, /["<][^">]*[">]/)
      from = room_of($1)
      header = substr($3, RSTART + 1, RLENGTH - 2)
      to = header
      sub(/(\/|\.h$).*/, "", to)
      if (!(to in is_room)) to = substr($3, RSTART, 1) == "<" ? "<" to ">" : "?"
      if (to != from) print from, to, header, $1 ":" $2
    }'
}

# A room stands one floor above the highest that it includes.
draw() {
  {
    sources | xargs wc -l | grep -v ' total$' | awk "$room_of"'{ print "size", room_of($2), $1 }'
    arrows
  } | awk '
    $1 == "size" { if (!files[$2]++) rooms++; lines[$2] += $3; next }
    $2 in files { count[$1, $2]++ }
    END {
      for (turn = 0; turn <= rooms; turn++)
        for (pair in count) {
          split(pair, end, SUBSEP)
          if (floor[end[1]] <= floor[end[2]] && floor[end[2]] < rooms) floor[end[1]] = floor[end[2]] + 1
        }
      for (high = rooms; high >= 0; high--) for (room in files) if (floor[room] + 0 == high) show(room, high)
    }
    function show(room, high,   low, to, all) {
      for (low = rooms; low >= 0; low--)
        for (to in files) if ((room, to) in count && floor[to] + 0 == low) all = all " " to " " count[room, to]
      printf "%s %-9s %3d files %5d lines ->%s\n", high == rooms ? "in a circle:" : "floor " high ":", room,
        files[room], lines[room], all == "" ? " nobody" : all
    }'
}

$what
