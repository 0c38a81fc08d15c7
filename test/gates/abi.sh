#!/usr/bin/env bash
# Compares what libtenure.so exports with the checked list: abi.sh [--update] BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."

update=false
if [ "$1" = --update ]; then update=true; shift; fi
library=$1/libtenure.so
readonly list=${ABI_LIST:-test/abi/exports.txt}

exports() {
  nm -D --defined-only --format=posix "$library" | cut -d' ' -f1 | c++filt | LC_ALL=C sort -u
}

if $update; then
  exports >"$list"
  echo "$list: $(wc -l <"$list") symbols"
  exit 0
fi

if ! difference=$(diff -u "$list" <(exports)); then
  echo "$difference"
  echo "The exported symbols changed. A symbol that is gone or has another signature breaks programs built"
  echo "against the old library: raise SONAME in the Makefile. If all is as intended: make abi-update"
  exit 1
fi
name=$(objdump -p "$library" | awk '$1 == "SONAME" {print $2}')
if [ "$name" != libtenure.so.1 ]; then
  echo "the soname is $name, not libtenure.so.1"
  exit 1
fi
echo "$(wc -l <"$list") exported symbols, as listed"
