#!/usr/bin/env bash
# What tenure needs on a Debian-like host, and how to get it.
#
#   deps.sh check GROUP...   exit 0 if all is there; else say precisely what is missing
#   deps.sh need  GROUP...   the same, but install what is missing where apt may be used
#
# Groups: build (the library and the command), test (make test, make demo), bench (make bench), dev (lint, format,
# fuzz, check-headers, valgrind and network tests).
set -euo pipefail

cxx=${CXX:-g++}

# package  kind of proof that it is there  what to look for
readonly packages_build="
g++                   command  $cxx
libuv1-dev            header   uv.h
libcurl4-openssl-dev  header   curl/curl.h
libc-ares-dev         header   ares.h
rapidjson-dev         header   rapidjson/document.h"
readonly packages_test="
pkg-config            command  pkg-config
libcriterion-dev      header   criterion/criterion.h
etcd-server           command  ${ETCD:-etcd}
etcd-client           command  ${ETCDCTL:-etcdctl}
openssl               command  openssl"
readonly packages_bench="
gnuplot-nox           command  gnuplot"
readonly packages_dev="
clang                 command  clang++
libclang-rt-14-dev    runtime  fuzzer
clang-tidy            command  clang-tidy
clang-format          command  ${CLANG_FORMAT:-clang-format}
cppcheck              command  cppcheck
shellcheck            command  shellcheck
valgrind              command  valgrind
libc6-dbg             starts   valgrind
iproute2              command  ip
strace                command  strace
debootstrap           command  debootstrap"

usage() {
  echo 'usage: tools/deps.sh check|need GROUP...   (groups: build test bench dev)' >&2
  exit 2
}

has_command() { command -v "$1" >/dev/null 2>&1; }

# shellcheck disable=SC2317  # these are called by the table
# Asks the compiler, which alone knows where it looks. CXX may hold arguments, as in "ccache g++".
has_header() {
  # shellcheck disable=SC2086
  echo "#include <$1>" | $cxx -std=c++17 ${CPPFLAGS:-} -E -x c++ - >/dev/null 2>&1
}

# shellcheck disable=SC2317
# clang may come without the run-time part of its sanitizers.
has_runtime() {
  echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
    clang++ -fsanitize="$1" -x c++ - -o /dev/null >/dev/null 2>&1
}

# valgrind needs the symbols of the C library, and is there without them.
# shellcheck disable=SC2317
has_starts() { "$1" --quiet true >/dev/null 2>&1; }

find_missing() {
  local group table package kind what rest
  for group in "$@"; do
    case $group in
      build) table=$packages_build ;;
      test) table=$packages_test ;;
      bench) table=$packages_bench ;;
      dev) table=$packages_dev ;;
      *) usage ;;
    esac
    while read -r package kind what rest; do
      [ -z "$package" ] || "has_$kind" "$what" || echo "$package"
    done <<<"$table"
  done
}

# Runs a command as root, if that is possible without asking anybody.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_install() {
  has_command apt-get && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

readonly policy=/usr/sbin/policy-rc.d

# Debian starts the services that it installs. Nobody asked for an etcd on this host's port 2379:
# refuse while we install, and leave no trace of the refusal.
refuse_services() {
  [ ! -e $policy ] || return 0
  trap 'as_root rm -f $policy' EXIT
  # shellcheck disable=SC2016
  as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh $policy
}
# The packaging enables the service for the next start of the machine as well.
disable_service() {
  [ -d /run/systemd/system ] || return 0
  as_root systemctl disable --now etcd.service >/dev/null 2>&1 || true
}

install_missing() {
  echo "tenure: installing with apt: $*" >&2
  refuse_services
  # Fresh images carry no package lists, and old lists name files that are gone.
  apt_install "$@" >&2 || {
    as_root apt-get update -q >&2
    apt_install "$@" >&2
  }
  case " $* " in *' etcd-server '*) disable_service ;; esac
}

[ $# -ge 2 ] || usage
action=$1
shift
case $action in check | need) ;; *) usage ;; esac

listed=$(find_missing "$@")
[ -n "$listed" ] || exit 0
mapfile -t missing <<<"$listed"

if [ "$action" = need ] && may_install; then
  install_missing "${missing[@]}"
  listed=$(find_missing "$@")
  [ -n "$listed" ] || exit 0
  mapfile -t missing <<<"$listed"
fi

{
  echo "tenure: this host lacks: ${missing[*]}"
  echo "tenure: on Debian or Ubuntu install it with"
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}"
  echo "tenure: (\`make deps GROUP='$*'\` does that where it may), then run make again"
} >&2
exit 1
