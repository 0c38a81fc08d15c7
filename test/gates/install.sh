#!/usr/bin/env bash
# install and uninstall are mirrors, and what is installed can be used: install.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

passed=0 failed=0
verdict() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$place/log" 2>&1; then
    passed=$((passed + 1))
    echo "$name: ok"
  else
    failed=$((failed + 1))
    cat "$place/log"
    echo "$name: FAILED"
  fi
}
run_make() { make --no-print-directory BUILD="$build" "$@"; }

nothing_is_left() {
  run_make install DESTDIR="$place/root" PREFIX=/usr LIBDIR=/usr/lib/somewhere || return 1
  [ -e "$place/root/usr/lib/somewhere/libtenure.so.1" ] || return 1
  [ -e "$place/root/usr/include/tenure/tenure.hpp" ] || return 1
  run_make uninstall DESTDIR="$place/root" PREFIX=/usr LIBDIR=/usr/lib/somewhere || return 1
  local left
  left=$(find "$place/root" ! -type d -o -name tenure)
  [ -z "$left" ] || { echo "left after uninstall: $left"; return 1; }
}

nothing_is_rebuilt() {
  ! run_make all | grep -E '(g|clang)\+\+ |^ar '
}

export PKG_CONFIG_PATH=$place/prefix/lib/pkgconfig
compile() { # OUTPUT ARGUMENTS...
  local output=$1
  shift
  g++ -std=c++17 test/gates/consumer.cc -o "$output" "$@"
}
read_flags() { read -ra flags <<<"$(pkg-config "$@")"; }

shared_works() {
  local flags
  read_flags --cflags --libs tenure libuv
  compile "$place/shared" "$@" "${flags[@]}" &&
    LD_LIBRARY_PATH=$place/prefix/lib "$place/shared" &&
    objdump -p "$place/shared" | grep -q 'NEEDED *libtenure.so.1$'
}
# Only our own library is static: distributions ship few of libcurl's many dependencies as archives.
static_works() {
  local flags
  read_flags --cflags --libs --static tenure libuv
  mapfile -t flags < <(printf '%s\n' "${flags[@]}" | sed 's/^-ltenure$/-l:libtenure.a/')
  # What libcurl itself needs, the linker finds through libcurl.so.
  mapfile -t flags < <(printf '%s\n' "${flags[@]}" | grep -E '^-[IL]|tenure|-luv|-lcurl|-lcares|-lpthread|-ldl')
  compile "$place/static" "${flags[@]}" && "$place/static" &&
    ! objdump -p "$place/static" | grep -q libtenure
}

verdict 'install and uninstall are mirrors' nothing_is_left
verdict 'an install rebuilds nothing' nothing_is_rebuilt
verdict 'install to a prefix' run_make install PREFIX="$place/prefix"
verdict 'a program with the shared library' shared_works
verdict 'a program with the static library' static_works
verdict 'a program without exceptions and RTTI' shared_works -fno-exceptions -fno-rtti
echo "$passed passed, $failed failed"
[ $failed = 0 ]
