#!/usr/bin/env bash
# The Makefile rebuilds what it must and nothing else, shown on a project of two files.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1
mkdir -p src/core include/tenure tools
cp "$root/Makefile" .
cp "$root/tools/deps.sh" tools
cp "$root/include/tenure/version.h" include/tenure
echo '#include "core/shared.hpp"' >src/core/one.cc
echo 'int two() { return 2; }' >src/core/two.cc
echo 'inline int shared() { return 1; }' >src/core/shared.hpp

passed=0 failed=0
unset MAKEFLAGS
expect() { # NAME WHAT IS COMPILED, THEN "linked" IF SO; MAKE ARGUMENTS...
  local name=$1 wanted=$2 log got
  shift 2
  log=$(make --no-print-directory BUILD=build "$@" lib 2>&1) || wanted='a build without errors'
  got=$({ grep -oE -e '-c src/core/[a-z]+' <<<"$log" | sed 's/.*\///' | sort
    grep -q -e ' -shared ' <<<"$log" && echo linked; } | paste -sd' ')
  if [ "$got" = "$wanted" ]; then
    passed=$((passed + 1))
  else
    printf '%s: rebuilt "%s" instead of "%s"\n%s\n' "$name" "$got" "$wanted" "$log"
    failed=$((failed + 1))
  fi
}
# Make compares times; those of files made in the same moment are the same.
newer() { touch -d "${2:-+2} seconds" "$1"; }

expect 'a first build' 'one two linked'
expect 'nothing changed' ''
newer src/core/shared.hpp
expect 'a header changed' 'one linked'
touch -d '2000-01-01' src/core/shared.hpp
expect 'other flags' 'one two linked' CXXFLAGS=-O1
expect 'other linker flags' 'linked' CXXFLAGS=-O1 LDFLAGS=-Wl,-O1
rm src/core/two.cc
expect 'a source is gone' 'linked' CXXFLAGS=-O1 LDFLAGS=-Wl,-O1
[ "$(ar t build/libtenure.a)" = one.o ] || { echo 'the archive keeps what is gone'; failed=$((failed + 1)); }
echo 'int one() { return 1; }' >src/core/one.cc
newer src/core/one.cc +4
rm src/core/shared.hpp
expect 'a header is gone' 'one linked' CXXFLAGS=-O1 LDFLAGS=-Wl,-O1

echo "$passed passed, $failed failed"
[ $failed = 0 ]
