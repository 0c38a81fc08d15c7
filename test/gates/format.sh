#!/usr/bin/env bash
# All C++ is laid out by one rule, .clang-format: format.sh [--mend] [FILE...]
#   Without an option it names the files that differ, and how to mend them. --mend is `make format`.
# Each version of clang-format lays some lines out differently: only Debian 12's, 14, may judge.
# CLANG_FORMAT names the program.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
readonly version=14

mend=
[ "${1:-}" != --mend ] || { mend=yes; shift; }
program='' seen=''
for each in ${CLANG_FORMAT:-clang-format clang-format-$version}; do
  says=$("$each" --version 2>/dev/null | head -n 1) || continue
  seen+=$'\n'"  $each is: $says"
  [[ ! $says =~ version\ $version\. ]] || { program=$each; break; }
done
if [ -z "$program" ]; then
  echo "clang-format $version is missing, the package clang-format of Debian 12: \`make deps GROUP=dev\` installs it there$seen"
  echo "Another version does not judge. Where it has another name: CLANG_FORMAT=/path/to/clang-format-$version"
  exit 1
fi

files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(find src include tools examples test -name '*.cc' -o -name '*.hpp' -o -name '*.h' | LC_ALL=C sort)
if [ -n "$mend" ]; then
  printf '%s\0' "${files[@]}" | xargs -0 -P2 -n20 "$program" -i
  exit
fi

log=$(printf '%s\0' "${files[@]}" | xargs -0 "$program" --dry-run -Werror 2>&1) && [ -z "$log" ] && {
  echo "${#files[@]} files"
  exit
}
differ=$(sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error: .*clang-format-violations.*/\1/p' <<<"$log" | LC_ALL=C sort -u)
printf '%s\n' "${differ:-$log}"
echo "not laid out as .clang-format says: \`make format\` mends it"
exit 1
