#!/usr/bin/env bash
# The demo: a throw-away etcd, three instances that elect one leader, a planned handover, a
# kill -9, and etcdctl as a guest in the same queue. Run by `make demo`; takes about ten seconds.
#
# Nothing is left behind, also when interrupted: all it starts are its own children, ended by
# process id, and all it writes is in one temporary directory.
set -euo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
tenure=$build/tenure
ttl=3                  # seconds; short, so that the kill -9 is not boring
guard=30               # seconds after which a step that has not happened has failed
app=demo
names=(alice bob carol)

# --- talking ---------------------------------------------------------------------------------
bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
say() { printf '  %s\n' "$1"; }
note() { printf '  %s%s%s\n' "$dim" "$1" "$plain"; }

fail() {
  printf '%sdemo: %s%s\n' "$red" "$1" "$plain" >&2
  [[ -n $dir ]] && tail -n 3 "$dir"/*.jsonl "$dir"/*.err "$dir"/etcd.log >&2 2>/dev/null
  exit 1
}

# --- processes -------------------------------------------------------------------------------
dir=''
etcd_pid=''
guest_pid=''
declare -A pid_of=()

alive() { kill -0 "$1" 2>/dev/null; }

# Asks the given children to end, waits for them, and insists in the end.
end() {
  local pid
  local -i tries
  for pid in "$@"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    for ((tries = 0; tries < 350; ++tries)); do
      alive "$pid" || break
      sleep 0.02
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

clean_up() {
  local status=$?
  trap '' INT TERM HUP # not in the middle of this
  end ${guest_pid:+"$guest_pid"} "${pid_of[@]}" 2>/dev/null
  end ${etcd_pid:+"$etcd_pid"} 2>/dev/null
  # A signal may come between the start of a child and the noting of its id.
  # shellcheck disable=SC2046
  end $(jobs -pr) 2>/dev/null
  [[ -z $dir ]] || rm -rf "$dir"
  exit "$status"
}

# Waits until the command succeeds: wait_for WHAT COMMAND [ARGUMENT...]
wait_for() {
  local what=$1 name
  local -i end_at=$((SECONDS + guard))
  shift
  until "$@"; do
    for name in "${!pid_of[@]}"; do
      alive "${pid_of[$name]}" || fail "$name ended of itself"
    done
    ((SECONDS < end_at)) || fail "waited $guard s in vain: $what"
    sleep 0.01
  done
}

# --- etcd ------------------------------------------------------------------------------------
ctl() { ETCDCTL_API=3 "$etcdctl" --endpoints "$url" "$@"; }

start_etcd() {
  local -i port tries
  for ((tries = 0; tries < 10; ++tries)); do
    port=$((20000 + RANDOM % 12000))
    url=http://127.0.0.1:$port
    peer_url=http://127.0.0.1:$((port + 1))
    "$etcd" --name demo --data-dir "$dir/etcd-$tries" \
      --listen-client-urls "$url" --advertise-client-urls "$url" \
      --listen-peer-urls "$peer_url" --initial-advertise-peer-urls "$peer_url" \
      --initial-cluster "demo=$peer_url" >"$dir/etcd.log" 2>&1 &
    etcd_pid=$!
    wait_for 'etcd answers' etcd_settled
    alive "$etcd_pid" && return
    wait "$etcd_pid" || true
    etcd_pid=''
    grep -q 'address already in use' "$dir/etcd.log" || fail 'etcd did not start'
  done
  fail 'no free port was found'
}

# Serving, or ended: another program may have had the port.
etcd_settled() { ! alive "$etcd_pid" || ctl endpoint health >/dev/null 2>&1; }

# --- instances and their events --------------------------------------------------------------
start_instance() {
  "$tenure" campaign --endpoints "$url" --app "$app" --instance "$1" --ttl "$ttl" --format json \
    >>"$dir/$1.jsonl" 2>>"$dir/$1.err" &
  pid_of[$1]=$!
}

# newest KIND LEAST-TOKEN FILE...: the last event of a kind with at least that fencing token.
# It prints "instance token t_ns time leader".
newest() {
  local kind=$1 least=$2
  shift 2
  awk -v kind="$kind" -v least="$least" '
    function field(name,   found) {
      if (!match($0, "\"" name "\":(\"[^\"]*\"|-?[0-9]+)")) return "-"
      found = substr($0, RSTART, RLENGTH)
      sub(/^"[^"]*":/, "", found)
      gsub(/"/, "", found)
      return found == "" ? "-" : found
    }
    field("event") == kind && field("fencing_token") + 0 >= least {
      last = field("instance") " " field("fencing_token") " " field("t_ns") " " field("time") " " field("leader")
    }
    END { if (last == "") exit 1; print last }' "$@" 2>/dev/null
}

# True once somebody leads under a greater token than the last; sets leader, token and times.
leader='' token=0 acquired_ns=0 acquired_at=''
tokens=()
somebody_leads() {
  local found
  found=$(newest acquired $((token + 1)) "$dir"/*.jsonl) || return 1
  read -r leader token acquired_ns acquired_at _ <<<"$found"
  tokens+=("$token")
}

has() { grep -q "\"event\":\"$2\"" "$dir/$1.jsonl"; }
all_queue() { local name; for name in "${names[@]}"; do has "$name" campaigning || return 1; done; }
queue_length() { ctl get --prefix "$app/leader/" --keys-only | grep -c . || true; }
queue_has() { [[ $(queue_length) == "$1" ]]; }

# When the token of the given term was cancelled.
cancelled_ns() {
  local found
  found=$(newest cancelled "$2" "$dir/$1.jsonl") || return 1
  read -r _ _ ns _ <<<"$found"
}

# --- numbers ---------------------------------------------------------------------------------
now_ns() { date +%s%N; }
ms() { awk -v ns="$1" 'BEGIN { printf ns < 1e8 ? "%.1f ms" : "%.0f ms", ns / 1e6 }'; }

rows=()
row() { rows+=("$(printf '%-24s %-20s %s' "$1" "$2" "$3")"); }

# --- the acts --------------------------------------------------------------------------------
[[ -x $tenure ]] || fail "$tenure is not there: run 'make' first, or 'make demo', which does both"
# Others may be named. The rest of what etcd takes from the environment is not for this one.
readonly etcd=${ETCD:-etcd} etcdctl=${ETCDCTL:-etcdctl}
for program in "$etcd" "$etcdctl" awk; do
  command -v "$program" >/dev/null || fail "$program is not installed: run 'make deps'"
done
for variable in "${!ETCD@}"; do unset "$variable"; done

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
dir=$(mktemp -d "${TMPDIR:-/tmp}/tenure-demo.XXXXXX")

title 'One leader among three'
start_etcd
say "etcd $("$etcd" --version | awk 'NR == 1 { print $NF }') at $url, for as long as this lasts"
began_ns=$(now_ns)
for name in "${names[@]}"; do start_instance "$name"; done
wait_for 'a first leader' somebody_leads
first_ns=$(($(date -d "$acquired_at" +%s%N) - began_ns))
say "${names[*]} campaign for $app/leader with a TTL of $ttl s"
say "$green$leader leads$plain, fencing token $token, $(ms "$first_ns") after the start of all three"
wait_for 'all in the queue' all_queue
wait_for 'three keys in the queue' queue_has 3
row 'first election' "$leader" "$(ms "$first_ns") from the start"

title 'A planned handover'
old=$leader old_token=$token
say "SIGUSR1 to $old: resign, then campaign again"
kill -USR1 "${pid_of[$old]}"
wait_for 'a handover' somebody_leads
wait_for "the end of $old's term" cancelled_ns "$old" "$old_token"
gap=$(ms $((acquired_ns - ns)))
say "$green$leader leads$plain, fencing token $token: nobody led for $bold$gap$plain"
row 'resigned (SIGUSR1)' "$old -> $leader" "$gap"
wait_for 'three keys in the queue' queue_has 3

title 'A crash'
old=$leader
say "kill -9 to $old"
killed_ns=$(now_ns)
kill -KILL "${pid_of[$old]}"
wait "${pid_of[$old]}" 2>/dev/null || true
unset "pid_of[$old]"
wait_for 'a takeover' somebody_leads
gap=$(ms $(($(date -d "$acquired_at" +%s%N) - killed_ns)))
say "$green$leader leads$plain, fencing token $token: $bold$gap$plain later, the TTL being $((ttl * 1000)) ms"
note 'the TTL runs from the last sign of life, and etcd looks for expired leases twice a second'
row 'killed (kill -9)' "$old -> $leader" "$gap (TTL $((ttl * 1000)) ms)"
start_instance "$old"
wait_for 'three keys in the queue' queue_has 3
say "$old is started again and queues"

title 'A guest: etcdctl elect'
guest_key() { ctl get --prefix "$app/leader/" | grep -qx guest; }
guest_leads() { [[ $(tail -n 1 "$dir/guest.out") == guest ]]; }
sees_guest() { [[ $(newest leader $((token + 1)) "$dir/$1.jsonl" | awk '{ print $5 }') == guest ]]; }
ETCDCTL_API=3 "$etcdctl" --endpoints "$url" elect "$app/leader" guest >"$dir/guest.out" 2>"$dir/guest.err" &
guest_pid=$!
wait_for 'the guest in the queue' guest_key
say 'etcdctl joined the queue behind three of ours and waits'
for _ in "${names[@]}"; do
  old=$leader
  last=$token
  kill -USR1 "${pid_of[$old]}"
  handed_over() { somebody_leads || guest_leads; }
  wait_for 'a handover' handed_over
  [[ $token != "$last" ]] || break
  say "$old resigns, $leader leads, fencing token $token"
done
guest_leads || fail 'the guest was passed over'
say "$old resigns, ${green}etcdctl leads$plain: $(head -n 1 "$dir/guest.out")"
for name in "${names[@]}"; do wait_for "$name sees the guest lead" sees_guest "$name"; done
say 'ours wait, and all three say who leads: guest'
row 'resigned (SIGUSR1)' "$old -> guest" 'etcdctl elect leads'

left_ns=$(now_ns)
kill -TERM "$guest_pid"
wait_for 'one of ours to lead again' somebody_leads
gap=$(ms $(($(date -d "$acquired_at" +%s%N) - left_ns)))
wait "$guest_pid" || true
guest_pid=''
say "etcdctl leaves, $green$leader leads$plain, fencing token $token, $gap after it was told to"
row 'etcdctl leaves' "guest -> $leader" "$gap"

title 'The end'
for name in "${names[@]}"; do
  kill -TERM "${pid_of[$name]}"
  wait "${pid_of[$name]}" || fail "$name did not end with 0 but with $?"
  unset "pid_of[$name]"
  # The next one takes over, and is then asked to leave in its turn.
done
[[ $(queue_length) == 0 ]] || fail 'keys were left in the queue'
say 'all three resigned on SIGTERM and left no key behind'
for ((i = 1; i < ${#tokens[@]}; ++i)); do
  ((tokens[i] > tokens[i - 1])) || fail "a fencing token did not grow: ${tokens[*]}"
done
printf '\n  %s%-24s %-20s %s%s\n' "$bold" 'what happened' 'who leads' 'how long it took' "$plain"
printf '  %s\n' "${rows[@]}"
printf '  %-24s %s\n' 'fencing tokens' "${tokens[*]}"
