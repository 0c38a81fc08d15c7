#!/usr/bin/env bash
# cppcheck over the library and the command: cppcheck.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${BUILD:-build}/cppcheck
mkdir -p "$work"
[ $# -gt 0 ] || set -- src tools

# normalCheckLevel..., missingIncludeSystem: about cppcheck itself. unknownMacro: TENURE_API and
# libuv's. internalAstError: its parser does not know all of C++17.
cppcheck --std=c++17 --language=c++ --enable=warning,portability --inline-suppr --quiet -j2 \
  --cppcheck-build-dir="$work" --error-exitcode=1 -DTENURE_API= \
  --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=internalAstError \
  -Iinclude -Isrc "$@"
