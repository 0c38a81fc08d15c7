#!/usr/bin/env bash
# The example of a fenced store, against an etcd of its own: chaos_fenced_store.sh BUILD
# A stale leader's write must be refused, and the value must be the second leader's.
set -euo pipefail
build=$1
work=$(mktemp -d)
etcd=
cleanup() {
  if [ -n "$etcd" ] && kill "$etcd" 2>/dev/null; then wait "$etcd" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

# A free port may be taken by another test between the look and the start: then another one.
for _ in 1 2 3 4 5; do
  port=$((RANDOM % 15000 + 15000))
  ETCD_UNSUPPORTED_ARCH=arm64 "${ETCD:-etcd}" --data-dir "$work/data" --listen-client-urls "http://127.0.0.1:$port" \
    --advertise-client-urls "http://127.0.0.1:$port" --listen-peer-urls http://127.0.0.1:0 >"$work/log" 2>&1 &
  etcd=$!
  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://127.0.0.1:$port
  ready=
  while kill -0 "$etcd" 2>/dev/null; do
    if "${ETCDCTL:-etcdctl}" endpoint health >/dev/null 2>&1; then ready=yes && break; fi
  done
  [ -z "$ready" ] || break
  etcd=
done
[ -n "$etcd" ] || { cat "$work/log"; exit 1; }

timeout 60 "$build/examples/fenced_store" fenced
value=$("${ETCDCTL:-etcdctl}" get --print-value-only data/of/fenced)
echo "the store holds: $value"
[ "$value" = 'by the second' ]
