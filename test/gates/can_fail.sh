#!/usr/bin/env bash
# A gate that cannot fail is a defect. This plants a fault before each of ours and wants to see it
# red, for the right reason; and green on the same thing without the fault, where that is cheap.
# Needs a finished `make`; BUILD names its directory.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
gates=$PWD/test/gates
planted=$gates/planted
build=$(realpath "${BUILD:-build}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset MAKEFLAGS

passed=0 failed=0
count() { # NAME VERDICT
  printf '%s: %s\n' "$1" "$2"
  if [ "$2" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); cat "$place/log"; fi
}
# Fails, and says REASON (a pattern of grep -E) in its output.
red() { # NAME REASON COMMAND...
  local name=$1 reason=$2
  shift 2
  if "$@" >"$place/log" 2>&1; then
    count "$name" 'does not fail'
  elif ! grep -qE -e "$reason" "$place/log"; then
    count "$name" 'fails for another reason'
  else
    count "$name" ok
  fi
}
green() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$place/log" 2>&1; then count "$name" ok; else count "$name" 'fails without a fault'; fi
}

# --- the tally -------------------------------------------------------------------------------
tally() { "$gates/tally.sh" "$@"; }
green 'tally: a good step' tally 'good=echo 3 passed, 0 failed'
red 'tally: a failed test' '^3 passed, 1 failed$' tally 'good=true' 'mixed=echo 2 passed, 1 failed; false'
red 'tally: a good summary, then a bad end' '^3 passed, 1 failed$' tally 'dies=echo 3 passed, 0 failed; exit 3'
red 'tally: no test at all' '^0 passed, 1 failed$' tally 'empty=echo 0 passed, 0 failed'
red 'tally: no such program' '^0 passed, 1 failed$' tally 'absent=/no/such/program'

# --- Criterion and the sanitizers -------------------------------------------------------------
g++ -std=c++17 -O1 -g -I. -fsanitize=address,undefined -fno-sanitize-recover=all \
  "$planted/tests.cc" test/support/{lsan_gate,wait_guard,wait}.cc -o "$place/tests" -lcriterion -luv || exit 1
in_test() { echo "planted=$place/tests --filter planted/$1"; }
green 'test: no fault' tally "$(in_test nothing)"
green 'test: no fault, with parameters' tally "$(in_test parameters)"
fault() { red "test: $1" "$2" tally "$(in_test "$1")"; }
fault leak 'the test leaks'
fault leak_with_parameters 'the test leaks'
fault heap_overflow 'insufficient space|heap-buffer-overflow'
fault signed_overflow 'signed integer overflow'
fault overlap 'memcpy-param-overlap'
fault assertion 'Assertion Failed'
fault crash 'CRASH!'
TENURE_TEST_TIMEOUT=0.05 fault hang 'Timed out'

g++ -std=c++17 -O1 -g -fsanitize=address "$planted/fuzz.cc" test/gates/replay_main.cc -o "$place/replay" || exit 1
echo seed >"$place/seed"
red 'fuzz corpus' 'heap-buffer-overflow' "$place/replay" "$place/seed"

# --- what is built ---------------------------------------------------------------------------
mkdir -p "$place/abi" "$place/core/obj/src/core"
mapfile -t objects < <(find "$build/obj/src" -name '*.o')
g++ -fPIC -c "$planted/exported.cc" -o "$place/exported.o"
g++ -shared -Wl,-soname,libtenure.so.1 -Wl,--version-script="$build/exports.map" \
  -o "$place/abi/libtenure.so" "${objects[@]}" "$place/exported.o" -luv -lcurl -lcares
red 'abi: an extra symbol' '^\+tenure::planted\(\)$' "$gates/abi.sh" "$place/abi"
g++ -shared -Wl,-soname,libtenure.so.7 -Wl,--version-script="$build/exports.map" \
  -o "$place/abi/libtenure.so" "${objects[@]}" -luv -lcurl -lcares
red 'abi: another soname' 'libtenure.so.7' "$gates/abi.sh" "$place/abi"

mkdir -p "$place/soft"
harden() { # NAME REASON FLAGS...: the library and the command, linked with these
  local name=$1 reason=$2
  shift 2
  g++ -shared -Wl,-z,now "$@" -o "$place/soft/libtenure.so" "${objects[@]}" -luv -lcurl -lcares &&
    g++ -pie -Wl,-z,now "$@" -o "$place/soft/tenure" "$build"/obj/tools/tenure/*.o "$build/libtenure.a" -luv -lcurl -lcares || exit 1
  if [ -z "$reason" ]; then
    green "hardened: $name" "$gates/hardened.sh" "$place/soft"
  else
    red "hardened: $name" "$reason" "$gates/hardened.sh" "$place/soft"
  fi
}
harden 'as it should be' ''
harden 'relocated for ever' 'libtenure.so: no RELRO' -Wl,-z,norelro
harden 'bound later' 'tenure: no BIND_NOW' -Wl,-z,lazy
harden 'an executable stack' 'tenure: an executable stack' -Wl,-z,execstack
g++ -no-pie -Wl,-z,now -o "$place/soft/tenure" "$build"/obj/tools/tenure/*.o "$build/libtenure.a" -luv -lcurl -lcares
red 'hardened: a fixed address' 'tenure: no PIE' "$gates/hardened.sh" "$place/soft"
g++ -O2 -fno-stack-protector -U_FORTIFY_SOURCE "$planted/command.cc" -o "$place/soft/tenure"
red 'hardened: an unguarded stack' 'tenure: no stack protector' "$gates/hardened.sh" "$place/soft"
red 'hardened: unchecked functions' 'tenure: no FORTIFY' "$gates/hardened.sh" "$place/soft"

cp "$build"/obj/src/core/*.o "$place/core/obj/src/core"
green 'core purity' "$gates/core_pure.sh" "$place/core"
g++ -c "$planted/clock.cc" -o "$place/core/obj/src/core/clock.o"
red 'core purity: a clock' '^time$' "$gates/core_pure.sh" "$place/core"

mkdir -p "$place/include/tenure"
cp "$planted/dependent.hpp" include/tenure/version.h "$place/include/tenure"
red 'headers: one that depends on another' 'FAILED: dependent.hpp' "$gates/headers.sh" "$place/include"
sed 's/term.fencing_token/term.token_of_fencing/' README.md >"$place/README.md"
red 'readme: code that does not compile' 'token_of_fencing' "$gates/readme.sh" "$place/README.md"

# --- what is written -------------------------------------------------------------------------
fresh_copy() {
  rm -rf "$place/tree"
  mkdir "$place/tree"
  cp -a Makefile src include tools examples test "$place/tree"
}
layer() { # NAME FILE LINE REASON
  local file=$place/tree/$2
  mkdir -p "$(dirname "$file")"
  echo "$3" >"$file"
  red "layers: $1" "$4" "$gates/layers.sh" "$place/tree"
  rm "$file"
}
fresh_copy
green 'layers' "$gates/layers.sh" "$place/tree"
# The house from the cellar to the roof: no room sees one above it.
rooms=(core etcd base loop token net wire session election jobs)
for ((low = 0; low < ${#rooms[@]}; low++)); do
  for ((high = low + 1; high < ${#rooms[@]}; high++)); do
    header=$(basename "$(find "src/${rooms[high]}" -name '*.hpp' | LC_ALL=C sort | head -n 1)")
    layer "${rooms[low]} looks up to ${rooms[high]}" "src/${rooms[low]}/planted.cc" \
      "#include \"${rooms[high]}/$header\"" "^src/${rooms[low]}/planted.cc:1: ${rooms[high]}/$header$"
  done
done
layer 'core uses libuv' src/core/planted.cc '#include <uv.h>' 'src/core/planted.cc'
layer 'core uses a clock' src/core/planted.hpp '#include <chrono>' 'src/core/planted.hpp'
layer 'core uses a public header' src/core/planted.cc '#include "tenure/error.hpp"' 'src/core/planted.cc'
layer 'etcd uses core' src/etcd/planted.cc '#include "core/time.hpp"' 'src/etcd/planted.cc'
layer 'net uses etcd' src/net/planted.cc '#include "etcd/request.hpp"' 'src/net/planted.cc'
layer 'net uses core' src/net/planted.cc '#include "core/time.hpp"' 'src/net/planted.cc'
layer 'net uses RapidJSON' src/net/planted.cc '#include <rapidjson/document.h>' 'src/net/planted.cc'
layer 'base uses more of core' src/base/planted.cc '#include "core/machine.hpp"' 'src/base/planted.cc'
layer 'token uses more of core' src/token/planted.cc '#include "core/machine.hpp"' 'src/token/planted.cc'
layer 'token uses loop' src/token/planted.cc '#include "loop/turn.hpp"' 'src/token/planted.cc'
layer 'wire uses more of net' src/wire/planted.cc '#include "net/transport.hpp"' 'src/wire/planted.cc'
layer 'wire uses curl' src/wire/planted.cc '#include <curl/curl.h>' 'src/wire/planted.cc'
layer 'an upward include in angle brackets' src/net/planted.cc '#include <session/planted.hpp>' 'src/net/planted.cc'
layer 'a bare name' src/net/planted.cc '#include "transport.hpp"' 'src/net/planted.cc'
layer 'a way around' src/net/planted.cc '#include "../wire/names.hpp"' 'src/net/planted.cc'
layer 'a room that nobody knows' src/attic/planted.cc '// empty' '^attic$'
rmdir "$place/tree/src/attic"
layer 'a header among the public handles' src/planted.hpp '// empty' '^src/planted.hpp$'
layer 'a public header shows curl' include/tenure/planted.hpp '#include <curl/curl.h>' 'tenure/planted.hpp'
layer 'the command reaches inside' tools/tenure/planted.cc '#include "core/machine.hpp"' 'planted.cc'
layer 'a forbidden service' src/etcd/planted.cc '"/v3/election/campaign"' 'planted.cc'
layer 'a file at the top level' figures.json '{}' 'figures.json'

walk() { # NAME SED REASON
  sed "$2" src/README.md >"$place/README.md"
  red "walks: $1" "$3" "$gates/walks.sh" "$place/README.md"
}
walk 'a file that is gone' 's|core/watch.cc|core/watching.cc|g' 'there is no src/core/watching.cc'
walk 'a function of another name' 's|watch::heard|watch::listened|' 'src/core/watch.cc does not define watch::listened'
walk 'a step without a place' 's|^3\. .*|3. Something happens.|' 'names no file and function'
walk 'a question less' '/watch resumed/d' '4 instead of 5'
walk 'a room without a row' '/^| .net/d' '^net/: a room without a row'

fresh_copy
yes '// a line' | head -n 321 >"$place/tree/src/planted.cc"
red 'sizes: a long file' 'src/planted.cc: 321 lines' "$gates/sizes.sh" "$place/tree"
rm "$place/tree/src/planted.cc"
yes '// a line' | head -n 501 >"$place/tree/test/unit/planted.cc"
red 'sizes: a long test' 'test/unit/planted.cc: 501 lines' "$gates/sizes.sh" "$place/tree"

printf 'int  planted( );\n' >"$place/planted.cc"
red 'format: two blanks' '^.*/planted.cc$' "$gates/format.sh" "$place/planted.cc"
printf '#!/bin/sh\necho clang-format version 16.0.6\n' >"$place/clang-format"
chmod +x "$place/clang-format"
red 'format: another version' 'version 16' env CLANG_FORMAT="$place/clang-format" "$gates/format.sh"

# The real objects are newer than these copies of their sources: nothing is compiled again.
fresh_copy
# shellcheck disable=SC2016
sed -i 's|\$(DESTDIR)\$(LIBDIR)/libtenure.a|/no/such/file|' "$place/tree/Makefile"
red 'install: a file stays' 'left after uninstall: .*/libtenure.a' "$place/tree/test/gates/install.sh" "$build"

mkdir -p "$place/small/src" "$place/small/tools"
cp -r Makefile include "$place/small"
cp tools/deps.sh "$place/small/tools"
cp "$planted/narrowing.cc" "$place/small/src"
red 'warnings are errors' 'Werror=conversion' make -C "$place/small" BUILD=build WERROR=1 lib
red 'clang-tidy: a use after a move' 'bugprone-use-after-move' "$gates/tidy.sh" "$planted/moved.cc"
red 'cppcheck: an index out of bounds' 'arrayIndexOutOfBounds' "$gates/cppcheck.sh" "$planted/bounds.cc"
# shellcheck disable=SC2016
printf '#!/bin/sh\nrm -r $1\n' >"$place/planted.sh"
red 'shellcheck: an unquoted variable' 'SC2086' "$gates/shell.sh" "$place/planted.sh"

# --- the fault driver -------------------------------------------------------------------------
make -s "${BUILD:-build}/test/chaos" || exit 1
seconds() { printf '"t_ns":%d000000000' "$1"; }
judge() { # LINE...
  printf '{%s}\n' "\"event\":\"run\",$(seconds 1),\"members\":3,\"candidates\":2,\"ttl_ms\":3000" "$@" >"$place/history.jsonl"
  "$build/test/chaos" check "$place/history.jsonl"
}
leads() { printf '"event":"acquired",%s,"instance":"%s","fencing_token":%d' "$(seconds "$2")" "$1" "$2"; }
over() { printf '"event":"over",%s' "$(seconds "$1")"; }
green 'chaos: one leader' judge "$(leads a 2)" "$(over 21)"
red 'chaos: two leaders' 'VIOLATION.*two leaders' judge "$(leads a 2)" "$(leads b 9)" "$(over 21)"
red 'chaos: a minute in which no lease expired' 'NOT SHOWN' judge "$(leads a 2)" "$(over 61)"
mkdir "$place/no_strace"
ln -s "$(command -v sh)" "$place/no_strace/sh"
red 'stuck disk: no strace' 'make deps GROUP=dev' env PATH="$place/no_strace" "$build/test/chaos" stuck-disk --without-etcdctl

# --- other Debians ---------------------------------------------------------------------------
red 'elsewhere: no such suite' 'debootstrap of nowhere failed' "$gates/elsewhere.sh" nowhere net
mkdir "$place/no_debootstrap"
for each in bash dirname id; do ln -s "$(command -v $each)" "$place/no_debootstrap/$each"; done
red 'elsewhere: no debootstrap' 'apt-get install debootstrap' env PATH="$place/no_debootstrap" "$gates/elsewhere.sh" sid

# --- the command ------------------------------------------------------------------------------
mkdir -p "$place/command"
g++ -std=c++17 -g "$planted/command.cc" -o "$place/command/tenure" || exit 1
red 'valgrind: a leak' '77 bytes' "$gates/valgrind.sh" "$place/command"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
