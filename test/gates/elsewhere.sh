#!/usr/bin/env bash
# Builds and tests tenure on another Debian, in a chroot of its packages: elsewhere.sh SUITE [WHAT].
#
# WHAT: `all`, the unit tests and those against a real etcd (default); `net`, those of the transport
# alone, for which little is compiled. CXX=clang++ builds with clang. The chroot is kept below
# build/elsewhere. Needs root and debootstrap; packages come from the mirror that apt uses here.
set -euo pipefail
cd "$(dirname "$0")/../.."

self=test/gates/elsewhere.sh
suite=${1:?usage: elsewhere.sh SUITE [all|net]}
what=${2:-all}
compiler=${CXX:-g++}
compiler=${compiler##*[/ ]} # as in "ccache g++": there is no ccache
root=$PWD/build/elsewhere/$suite
build=build/elsewhere/$suite-$compiler

fail() { # REASON REMEDY
  printf 'elsewhere: %s: %s\n0 passed, 1 failed\n' "$1" "$2"
  exit 1
}
[ "$(id -u)" = 0 ] || fail 'a chroot needs root' "run it as root, e.g. sudo make elsewhere SUITE=$suite"
command -v debootstrap >/dev/null || fail 'debootstrap is missing' 'apt-get install debootstrap'
unshare --mount --pid --fork true 2>/dev/null ||
  fail 'no namespaces here' 'run it where unshare(1) may make some: in a container, add CAP_SYS_ADMIN'

packages=(g++ make pkg-config libuv1-dev libcurl4-openssl-dev libc-ares-dev rapidjson-dev
  libcriterion-dev
  etcd-server etcd-client openssl ca-certificates iproute2 procps)
case $compiler in *clang*) packages+=(clang) ;; esac

# In the chroot, with the source at /tenure. The shell stays, as the namespace's first process: it
# takes what tests leave behind, and when it ends, so do they.
inside() { # COMMAND
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && mount --bind "$2" "$1/tenure" || exit 1
    chroot "$1" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive bash -c "$3"
    exit $?' - "$root" "$PWD" "$1"
}

make_root() {
  rm -rf "$root" "$root.new"
  mkdir -p "$root.new"
  debootstrap --variant=minbase "$suite" "$root.new" "$(test/gates/mirror.sh)" >"$root.log" 2>&1 || {
    tail -n 5 "$root.log"
    rm -rf "$root.new"
    fail "debootstrap of $suite failed" "see $root.log, and whether apt's mirror has that suite"
  }
  mkdir -p "$root.new/tenure"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root.new/etc/hosts"
  mv "$root.new" "$root"
}

mkdir -p build/elsewhere
# A mirror may stand still: a list that is past its date is as good as another for building.
[ -d "$root" ] || make_root
inside "dpkg -s ${packages[*]} >/dev/null 2>&1 ||
  { apt-get update -q -o Acquire::Check-Valid-Until=false && apt-get install -y -q --no-install-recommends ${packages[*]}; }" >>"$root.log" 2>&1 ||
  fail "packages are missing in $suite" "see $root.log; rm -r $root makes it anew"
# What it is tested with, once.
[[ $what == *-tests ]] || inside 'dpkg -l g++ libcurl4-openssl-dev libuv1-dev libcriterion-dev etcd-server openssl' | awk '/^ii/ { print $2, $3 }'

make="make --no-print-directory -C /tenure -j$(nproc) CXX='$compiler' BUILD='$build'"
case $what in
  net)
    # Compiling takes longer than testing here.
    inside "$make CXXFLAGS=-O0 $build/test/net" || fail "tenure does not build on $suite" 'see above'
    test/gates/tally.sh "net=$self $suite net-tests"
    ;;
  all)
    inside "$make $build/test/unit $build/test/real" || fail "tenure does not build on $suite" 'see above'
    test/gates/tally.sh "unit=$self $suite unit-tests" "real=$self $suite real-tests"
    ;;
  net-tests) inside "cd /tenure && $build/test/net --jobs=2" ;;
  unit-tests) inside "cd /tenure && $build/test/unit --jobs=2" ;;
  real-tests) inside "cd /tenure && $build/test/real --jobs=${REAL_JOBS:-8}" ;;
  *) fail "unknown: $what" 'say all or net' ;;
esac
