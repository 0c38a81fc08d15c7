#!/usr/bin/env bash
# What was built here, with a newer libcurl than it was built with: newer_curl.sh BUILD.
#
# The library is taken from the packages that a newer Debian gives back to this one (its backports:
# those of the newer Debian itself want a newer C library), unpacked below build/elsewhere, and
# loaded by LD_LIBRARY_PATH, by the tests and by all that they start.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
place=$PWD/build/elsewhere/newer-curl

fail() { # REASON REMEDY
  printf 'newer libcurl: %s: %s\n0 passed, 1 failed\n' "$1" "$2"
  exit 1
}

# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")-backports
mirror=$(test/gates/mirror.sh) || fail 'no mirror' 'see above'
mkdir -p "$place"/{lists/partial,cache/archives/partial,packages}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$place/sources.list"
apt=(apt-get -q -o "Dir::Etc::SourceList=$place/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$place/lists" -o "Dir::Cache=$place/cache" -o APT::Sandbox::User=root)

if ! ls "$place"/root/usr/lib/*/libcurl.so.4 >/dev/null 2>&1; then
  "${apt[@]}" update || fail "no lists of $suite" "is it on $mirror?"
  (cd "$place/packages" && "${apt[@]}" download libcurl4) || fail "no libcurl4 in $suite" "is it on $mirror?"
  for each in "$place"/packages/*.deb; do dpkg -x "$each" "$place/root"; done
fi
library=$(echo "$place"/root/usr/lib/*/libcurl.so.4)
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH

# A library that cannot be loaded would not be missed: the host's own would be taken.
missing=$(ldd "$library" 2>&1 | grep 'not found' || true)
[ -z "$missing" ] || fail "it cannot be loaded here ($missing)" 'install what is missing'
ldd "$build/test/unit" | grep -q "$library" || fail 'the tests do not load it' 'are they linked with libcurl.so.4?'
echo "newer libcurl: $(basename "$(readlink -f "$library")") of $(basename "$place"/packages/*.deb)"

test/gates/tally.sh "net=$build/test/unit --filter 'net_*/*' --jobs=${TEST_JOBS:-2}" \
  "real=$build/test/real --jobs=${REAL_JOBS:-8}"
