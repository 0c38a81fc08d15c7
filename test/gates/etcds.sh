#!/usr/bin/env bash
# Newer etcds for the tests, built below BUILD/etcds/VERSION: etcds.sh BUILD [VERSION...].
#
# They are Go modules, pinned in test/etcds/VERSION/go.mod and go.sum. Go serves the tests alone:
# who uses tenure needs none. What cannot be had is said, and the exit code is not 0.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: etcds.sh BUILD [VERSION...]}
shift
mkdir -p "$build/etcds"
build=$(cd "$build/etcds" && pwd)
if [ $# = 0 ]; then
  for each in test/etcds/*/; do set -- "$@" "$(basename "$each")"; done
fi

fail() { # REASON REMEDY
  printf 'etcds: %s: %s\n' "$1" "$2" >&2
  exit 1
}

command -v go >/dev/null 2>&1 ||
  fail 'go is not installed' 'install Go 1.24 or newer, or name binaries of your own: make test ETCD=/path ETCDCTL=/path'

for version in "$@"; do
  module=test/etcds/$version
  [ -f "$module/go.mod" ] || fail "there is no $module/go.mod" "test/etcds has what there is"
  place=$build/$version
  # The pinned versions decide whether what is there is what is wanted.
  if cmp -s "$module/go.sum" "$place/go.sum"; then continue; fi
  mkdir -p "$place"
  echo "etcds: building $(awk '$1 == "go.etcd.io/etcd/server/v3" { print $2; exit }' "$module/go.mod"), which takes minutes"
  for each in server:etcd etcdctl:etcdctl etcdutl:etcdutl; do
    (cd "$module" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags '-s -w' \
      -o "$place/${each#*:}" "go.etcd.io/etcd/${each%:*}/v3") ||
      fail "$version cannot be built" 'see above; its modules come from the Go module proxy'
  done
  cp "$module/go.sum" "$place/go.sum"
done
for version in "$@"; do
  "$build/$version/etcd" --version | sed -n "1s|^etcd Version: |etcds: $build/$version/etcd is |p"
done
