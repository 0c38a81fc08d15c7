#!/usr/bin/env bash
# The core decides and does nothing else: its objects need memory, containers and each other, but
# no clock, no loop, no network and no randomness. core_pure.sh BUILD
set -euo pipefail
directory=$1/obj/src/core
mapfile -t objects < <(find "$directory" -name '*.o')
[ ${#objects[@]} -gt 0 ] || { echo "$directory has no objects: build first"; exit 1; }

# What is undefined in all of them together, once they are joined.
joined=$(mktemp)
trap 'rm -f "$joined"' EXIT
ld -r -o "$joined" "${objects[@]}"
allowed='^(operator (new|delete)(\[\])?\(.*|std::__throw_[a-z_]+\(.*|std::(__cxx11::)?(basic_string|to_string)[<(].*|std::__detail::_Prime_rehash_policy::.*|std::_Rb_tree_(insert_and_rebalance|rebalance_for_erase|increment|decrement)\(.*|std::terminate\(\)|std::exception::.*|(vtable|typeinfo) for .*|__cxa_[a-z_]+|__gxx_personality_v0|__stack_chk_fail|_Unwind_Resume|__dso_handle|_GLOBAL_OFFSET_TABLE_|mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr)|__mem(cpy|move|set)_chk|abort|__assert_fail|__(asan|ubsan|sanitizer)_.*)$'
found=$(nm -u --format=posix "$joined" | cut -d' ' -f1 | sed 's/@.*//' | c++filt | grep -vE "$allowed" || true)
if [ -n "$found" ]; then
  printf 'src/core needs more than memory and containers:\n%s\n' "$found"
  exit 1
fi
echo "${#objects[@]} objects need memory and containers only"
