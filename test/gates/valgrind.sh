#!/usr/bin/env bash
# A run of the command under valgrind, on an etcd of its own: campaign, acquire, be told to stop.
# No error, no leak, exit 0. valgrind.sh BUILD
set -euo pipefail
command=$1/tenure
place=$(mktemp -d)
etcd_pid='' tenure_pid=''
clean_up() {
  [ -z "$tenure_pid" ] || kill -KILL "$tenure_pid" 2>/dev/null || true
  [ -z "$etcd_pid" ] || kill -KILL "$etcd_pid" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Below the range of ports that the kernel gives to outgoing connections.
free_port() {
  local port
  while port=$((15000 + RANDOM % 17000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}
url=http://127.0.0.1:$(free_port)
peer=http://127.0.0.1:$(free_port)
"${ETCD:-etcd}" --data-dir "$place/etcd" --listen-client-urls "$url" --advertise-client-urls "$url" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
  >"$place/etcd.log" 2>&1 &
etcd_pid=$!
until ETCDCTL_API=3 "${ETCDCTL:-etcdctl}" --endpoints "$url" endpoint health >/dev/null 2>&1; do
  kill -0 "$etcd_pid" 2>/dev/null || { cat "$place/etcd.log"; echo 'etcd does not start'; exit 1; }
done

mkfifo "$place/events"
valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
  --error-exitcode=99 --log-file="$place/valgrind.log" \
  "$command" campaign --endpoints "$url" --app valgrind --instance one --format json \
  >"$place/events" 2>"$place/stderr" &
tenure_pid=$!

acquired=false
exec 4<"$place/events"
while read -r -t 120 -u 4 line; do
  case $line in *'"acquired"'*)
    acquired=true
    break
    ;;
  esac
done
kill -TERM "$tenure_pid" 2>/dev/null || true
cat <&4 >/dev/null
status=0
wait "$tenure_pid" || status=$?
tenure_pid=''
cat "$place/valgrind.log" "$place/stderr"
$acquired || { echo 'the command did not acquire the leadership'; exit 1; }
[ $status = 0 ] || { echo "the command ended with $status (99: valgrind found something)"; exit 1; }
[ ! -s "$place/valgrind.log" ] || { echo 'valgrind has something to say'; exit 1; }
echo 'no error and no leak'
