#!/usr/bin/env bash
# Memory runs out once in a whole life of `tenure campaign`, at each allocation in turn: whichever it
# was, the process is not killed by a signal, and it does not hang.
# out_of_memory.sh BUILD [STEP [COUNT]]: at each STEP-th position, COUNT allocations in a row.
# TLS=DIRECTORY: over TLS, with ca.pem, client.pem and client.key of there, at ENDPOINT.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1 step=${2:-1} count=${3:-1}
place=$(mktemp -d)
etcd=
trap '[ -z "$etcd" ] || kill "$etcd"; rm -rf "$place"' EXIT

${CC:-cc} -shared -fPIC -O1 -o "$place/failing_malloc.so" test/gates/failing_malloc.c || exit 1
if [ -z "${ENDPOINT:-}" ]; then
  port=$((20000 + $$ % 10000)) peer=$((30000 + $$ % 10000))
  ENDPOINT=http://127.0.0.1:$port
  "${ETCD:-etcd}" --data-dir "$place/etcd" --listen-client-urls "$ENDPOINT" \
    --advertise-client-urls "$ENDPOINT" --listen-peer-urls "http://127.0.0.1:$peer" \
    >"$place/etcd.log" 2>&1 &
  etcd=$!
  for ((i = 0; i < 100; ++i)); do
    curl -fs "$ENDPOINT/health" >/dev/null && break
    sleep 0.1
  done
fi
tls=()
[ -z "${TLS:-}" ] || tls=(--cacert "$TLS/ca.pem" --cert "$TLS/client.pem" --key "$TLS/client.key")

# One life: it campaigns, leads, and is told to stop.
life() { # POSITION
  # In the foreground: else the whole group gets the signal as well, and two of them mean "at once".
  timeout --foreground --preserve-status -s TERM -k 10 1.5 env LD_PRELOAD="$place/failing_malloc.so" \
    FAIL_AT="$1" FAIL_COUNT="$count" FAIL_REPORT="$place/calls.$1" \
    "$build/tenure" campaign --endpoints "$ENDPOINT" \
    "${tls[@]}" --app "app$1" --instance one --ttl 3 --format json >"$place/out.$1" 2>&1
  local code=$?
  [ "$code" -lt 128 ] && return 0
  printf 'allocation %d: exit code %d: %s\n' "$1" "$code" "$(tail -c 200 "$place/out.$1" | tr '\n' ' ')"
  return 1
}

life 0 || exit 1
all=$(cat "$place/calls.0")
passed=0 failed=0
for ((k = 1; k <= all; k += step)); do
  while [ "$(jobs -rp | wc -l)" -gt 8 ]; do sleep 0.02; done
  (life "$k" || : >"$place/failed.$k") &
  passed=$((passed + 1))
done
while [ "$(jobs -rp | wc -l)" -gt 1 ]; do sleep 0.1; done
failed=$(find "$place" -name 'failed.*' | wc -l)
passed=$((passed - failed))
printf 'of %d allocations\n%d passed, %d failed\n' "$all" "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
