#!/usr/bin/env bash
# A client and a real Kafka of three nodes that is not left in peace: each node in turn is restarted, then each is killed with -9, while 64 tasks
# write and read. Every call must end by its deadline and a second, no acknowledged record may be lost or be there twice, and a new leader must
# be written to within 5 seconds.
#
#   check-cluster.sh                   needs Java and Maven, or Debian and root: see kafka.sh
#
# It uses the three nodes that answer on localhost:19192, 19292 and 19392; if none does, it starts them and stops them again.
# Environment: SECONDS_OF_UNREST (120, and longer if the nodes need it), TASKS (64), KAFKA_VERSION and others of kafka.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${SECONDS_OF_UNREST:-120}
tasks=${TASKS:-64}
# From a new leader to a write that it acknowledges, in milliseconds.
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

cargo build --quiet --example endure
if (exec 3<>/dev/tcp/127.0.0.1/19192) 2>/dev/null; then
  echo "using the Kafka on localhost:19192"
else
  started=1
  scripts/kafka.sh cluster
fi

# The binary itself: cargo would not pass a signal on. It ends when the pipe to it does.
binary=${CARGO_TARGET_DIR:-target}/debug/examples/endure
mkfifo "$work/unrest"
"$binary" --bootstrap localhost:19192 --topic "endure-$(date +%s)-$$" --seconds "$seconds" --tasks "$tasks" --until-eof \
  <"$work/unrest" >"$work/out" 2>&1 &
endure=$!
exec 9>"$work/unrest"
began=$SECONDS
# The nodes must not hold the pipe open (9>&-). A node that has come back must catch up before the next one goes: two replicas of three have to be in sync.
rest() { sleep "${1:-5}"; }
rest 5
for node in 1 2 3; do
  echo "# $((SECONDS - began)) s: restarting node $node"
  scripts/kafka.sh down "$node" >/dev/null 9>&-
  scripts/kafka.sh start "$node" >/dev/null 9>&-
  rest
done
kills=0
while ((kills < 3 || SECONDS - began < seconds - 10)); do
  node=$((kills % 3 + 1))
  echo "# $((SECONDS - began)) s: kill -9 of node $node"
  scripts/kafka.sh kill "$node" >/dev/null 9>&-
  kills=$((kills + 1))
  rest 3
  scripts/kafka.sh start "$node" >/dev/null 9>&-
  rest
done
exec 9>&-

status=0
wait "$endure" || status=$?
endure=
cat "$work/out"
echo "# nodes killed: $kills"
recovery=$(sed -n 's/.*acknowledged by it: \([0-9.]*\)\(ms\|s\|µs\|ns\);.*/\1 \2/p' "$work/out" | awk '{print ($2 == "s") ? $1 * 1000 : ($2 == "ms") ? $1 : 0}')
if [[ $status != 0 ]]; then echo "not ok - the client did not hold what it promises" >&2; exit 1; fi
if awk "BEGIN {exit !(${recovery:-999999} > $longest_recovery)}"; then
  echo "not ok - a new leader was written to after ${recovery:-?} ms" >&2
  exit 1
fi
echo "ok - $tasks tasks for $((SECONDS - began)) s, $kills nodes killed: nothing late, nothing lost, nothing doubled; a new leader was written to within ${recovery} ms"
