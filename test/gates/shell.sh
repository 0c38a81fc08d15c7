#!/usr/bin/env bash
# Every script passes shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t scripts < <({ find tools test examples -name '*.sh'; find .ci -type f; } | LC_ALL=C sort)
shellcheck "${scripts[@]}"
echo "${#scripts[@]} scripts"
