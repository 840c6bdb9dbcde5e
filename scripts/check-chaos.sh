#!/usr/bin/env bash
# A producer and a real Kafka of three nodes that is not left in peace: leaders are killed with -9, nodes frozen, and all of them restarted one after the
# other, while numbered records are written with three replicas of which two must have each. Then all is read back: no acknowledged record may be lost,
# be there twice or out of its order in the partition, none may be there that was said not to be, and a new leader must be written to within 5 seconds.
#
#   check-chaos.sh                     needs Java and Maven, or Debian and root: see kafka.sh
#
# It uses the three nodes that answer on localhost:19192, 19292 and 19392; if none does, it starts them and stops them again.
# Environment: RECORDS (500000, and more if there is time), RATE (6000 records a second), KILLS (5), FREEZES (1) of FROZEN_FOR (8 seconds), RESTARTS (1, of
# all three), CODEC (none), TASKS (24), PROFILE (dev; or release), KAFKA_VERSION and others of kafka.sh.
# By hand, for an hour: RECORDS=10000000 RATE=12000 KILLS=50 FREEZES=10 FROZEN_FOR=30 RESTARTS=10 PROFILE=release scripts/check-chaos.sh
set -euo pipefail
export LC_ALL=C # the decimal point
cd "$(dirname "${BASH_SOURCE[0]}")/.."

records=${RECORDS:-500000} rate=${RATE:-6000} kills=${KILLS:-5} freezes=${FREEZES:-1} frozen_for=${FROZEN_FOR:-8} restarts=${RESTARTS:-1}
profile=${PROFILE:-dev}
# From a new leader to a record that it has, in milliseconds.
longest_recovery=5000
work=$(mktemp -d)
started=0 endure=
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  if [[ $endure ]]; then kill "$endure" 2>/dev/null || true; fi
  if [[ $started == 1 ]]; then scripts/kafka.sh down 1 2 3; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap "exit 130" INT TERM

cargo build --quiet --profile "$profile" --example endure
if (exec 3<>/dev/tcp/127.0.0.1/19192) 2>/dev/null; then
  echo "using the Kafka on localhost:19192"
else
  started=1
  scripts/kafka.sh cluster
fi

# The binary itself: cargo would not pass a signal on. It ends when the pipe to it does, and all is written.
folder=$profile
if [[ $profile == dev ]]; then folder=debug; fi
mkfifo "$work/unrest"
"${CARGO_TARGET_DIR:-target}/$folder/examples/endure" --bootstrap localhost:19192 --topic "chaos-$(date +%s)-$$" --partitions 12 --tasks "${TASKS:-24}" \
  --records "$records" --rate "$rate" --codec "${CODEC:-none}" --seconds 1 --until-eof <"$work/unrest" >"$work/out" 2>&1 &
endure=$!
exec 9>"$work/unrest"
began=$SECONDS
note() { # note PHASE WHAT: the program tells the phases apart
  echo "$1" >&9
  echo "# $((SECONDS - began)) s: $2"
}
# The nodes must not hold the pipe open (9>&-).
nodes() { scripts/kafka.sh "$@" >/dev/null 9>&-; }
# A node that has come back must catch up before the next one goes: two replicas of three have to be in sync.
rest() { sleep "${1:-4}"; }
rest
# Leaders do not move back by themselves before five minutes have gone, so that the node that was killed longest ago leads a third or a half.
for ((kill = 0; kill < kills; kill++)); do
  note "kill -9" "kill -9 of node $((kill % 3 + 1)), which leads"
  nodes kill $((kill % 3 + 1))
  rest 3
  nodes start $((kill % 3 + 1))
  rest
done
for ((freeze = 0; freeze < freezes; freeze++)); do
  node=$(((kills + freeze) % 3 + 1))
  note "SIGSTOP for $frozen_for s" "SIGSTOP of node $node"
  nodes stop "$node"
  rest "$frozen_for"
  nodes cont "$node"
  rest 6
done
for ((restart = 0; restart < restarts; restart++)); do
  for node in 1 2 3; do
    note "restart" "restart of node $node"
    nodes down "$node"
    nodes start "$node"
    rest
  done
done
echo "# $((SECONDS - began)) s: peace"
exec 9>&-

status=0
wait "$endure" || status=$?
endure=
cat "$work/out"
if [[ $status != 0 ]]; then echo "not ok - the producer did not hold what it promises" >&2; exit 1; fi
moved=$(sed -n 's/^  kill -9: leaders moved: \([0-9]*\),.*/\1/p' "$work/out")
if ((kills > 0 && ${moved:-0} < kills)); then echo "not ok - $kills nodes were killed, and ${moved:-no} leaders moved" >&2; exit 1; fi
recovery=$(sed -n 's/.*acknowledged by it: \([0-9.]*\)\(ms\|s\|µs\|ns\);.*/\1 \2/p' "$work/out" | awk '{print ($2 == "s") ? $1 * 1000 : ($2 == "ms") ? $1 : 0}')
if awk "BEGIN {exit !(${recovery:-999999} > $longest_recovery)}"; then
  echo "not ok - a new leader was written to after ${recovery:-?} ms" >&2
  exit 1
fi
count() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" "$work/out"; }
echo "ok - $(count "records acknowledged") records acknowledged in $((SECONDS - began)) s, $kills kill -9, $freezes SIGSTOP, $restarts rolling restarts:" \
  "$(count lost) lost, $(count doubled) doubled, $(count "out of order") out of order; a new leader was written to within $recovery ms"
