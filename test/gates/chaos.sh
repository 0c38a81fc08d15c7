#!/usr/bin/env bash
# An election under faults: chaos.sh BUILD [arguments of `chaos run`...]
set -euo pipefail
build=$1
shift
exec "$build/test/chaos" run --out "$build/chaos" "$@"
