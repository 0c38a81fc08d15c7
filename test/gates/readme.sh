#!/usr/bin/env bash
# The C++ in README.md compiles: readme.sh [FILE]. What it calls of the reader's own is declared here.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
file=${1:-README.md}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
awk -v place="$place" '/^```cpp$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print > (place "/" n ".txt") }' "$file"

passed=0 failed=0
for block in "$place"/*.txt; do
  {
    echo '#include <tenure/tenure.hpp>'
    echo 'void start_working(std::int64_t); void stop_working(const char*); int complain(const std::string&);'
    echo 'tenure::error begin(const std::string&, tenure::token); void end(const std::string&, std::function<void()>);'
    if grep -q '^int main' "$block"; then
      cat "$block"
    else
      echo 'void within(tenure::session& session);'
      echo 'void within(tenure::session& session) {'
      cat "$block"
      echo '}'
    fi
  } >"$block.cc"
  if g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -Iinclude "$block.cc"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
