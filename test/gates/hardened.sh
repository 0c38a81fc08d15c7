#!/usr/bin/env bash
# A fault of ours should be hard to use: hardened.sh BUILD looks at the library and the command as
# they were built. Each must be relocated read-only at its start, have no executable stack, guard its
# stack frames and call the checked forms of the C library's functions. The command's address must
# be drawn anew each time it starts.
set -uo pipefail
build=$1

failed=0
lacks() { # FILE WHAT
  echo "$1: $2"
  failed=1
}
look_at() { # FILE
  local file=$1 headers dynamic symbols
  if ! headers=$(readelf -lW "$file"); then
    lacks "$file" 'cannot be read: build first'
    return
  fi
  dynamic=$(readelf -dW "$file")
  symbols=$(readelf -W --dyn-syms "$file")
  grep -q GNU_RELRO <<<"$headers" || lacks "$file" 'no RELRO'
  grep -qE 'BIND_NOW|FLAGS_1.* NOW' <<<"$dynamic" || lacks "$file" 'no BIND_NOW'
  grep -qE 'GNU_STACK .* RW ' <<<"$headers" || lacks "$file" 'an executable stack'
  grep -q '__stack_chk_fail' <<<"$symbols" || lacks "$file" 'no stack protector'
  grep -qE '__[a-z]+_chk(@|$)' <<<"$symbols" || lacks "$file" 'no FORTIFY'
}

look_at "$build/libtenure.so"
look_at "$build/tenure"
readelf -hW "$build/tenure" | grep -qE 'Type: +DYN' || lacks "$build/tenure" 'no PIE'

[ $failed = 0 ] || exit 1
echo 'RELRO, BIND_NOW, stack protector, FORTIFY; the command is PIE'
