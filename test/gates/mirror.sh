#!/usr/bin/env bash
# Prints the address of the Debian mirror that this host's apt uses.
set -euo pipefail

# shellcheck disable=SC2016  # apt fills these in
listed() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F '|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}
# apt knows whose an archive is once it has its lists.
mirror=$(listed)
if [ -z "$mirror" ]; then
  apt-get update -q >&2 || true
  mirror=$(listed)
fi
[ -n "$mirror" ] || {
  echo 'apt on this host has no archive of Debian: add one to /etc/apt, then apt-get update' >&2
  exit 1
}
echo "$mirror"
