#!/usr/bin/env bash
# Every script passes shellcheck: shell.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts=("$@")
[ $# -gt 0 ] || mapfile -t scripts < <({ find tools test examples -name '*.sh'; find .ci -type f; } | LC_ALL=C sort)
shellcheck "${scripts[@]}"
echo "${#scripts[@]} scripts"
