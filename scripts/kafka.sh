#!/usr/bin/env bash
# A real Apache Kafka on this machine, without Docker: the jars come by Maven, the state lies under .kafka/.
#
#   kafka.sh jars               fetch the jars (`up` and `cluster` do it when they are missing)
#   kafka.sh up                 one node with id 0 and fresh data: localhost:19092 PLAINTEXT
#   kafka.sh cluster            nodes 1, 2, 3 with fresh data: localhost:19192, 19292, 19392; three replicas, two in sync
#   kafka.sh start N            start node N again, with the data it has
#   kafka.sh kill N             kill -9
#   kafka.sh stop N | cont N    freeze (SIGSTOP) and wake (SIGCONT)
#   kafka.sh down [N...]        end these nodes, or all of them
#   kafka.sh status             which nodes there are and how they are
#   kafka.sh java ARGS...       java with Kafka's jars: `kafka.sh java org.apache.kafka.tools.TopicCommand ...`
#
# Environment: KAFKA_VERSION (4.3.1), KAFKA_HEAP (1g), KAFKA_STATE (an absolute path; .kafka in the repository).
# On Debian, as root, it installs Java and Maven if they are missing; elsewhere Java 17 and Maven must be there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=${KAFKA_VERSION:-4.3.1}
state=${KAFKA_STATE:-$root/.kafka}
libs=$state/$version/libs

# The listeners that clients reach: name, protocol, last digit of the port. Node N listens on 19N9x, its controller on 19N90.
listeners=(
  "PLAINTEXT PLAINTEXT 2"
)

die() { echo "kafka.sh: $*" >&2; exit 1; }

need() { # need COMMAND PACKAGE: install what a bare Debian lacks
  command -v "$1" >/dev/null && return
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then die "$1 is missing (Debian: apt-get install $2)"; fi
  echo "installing $2" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >&2
}

fetch_jars() {
  need java openjdk-17-jre-headless
  [[ -d $libs ]] && return
  need mvn maven
  mkdir -p "$state/$version"
  local log4j=2.25.4 artifact group id at dependencies=""
  # kafka-tools brings the console tools. Kafka's jars name no implementation of slf4j, so log4j is added.
  for artifact in org.apache.kafka:kafka_2.13:"$version" org.apache.kafka:kafka-tools:"$version" \
    org.apache.logging.log4j:{log4j-slf4j-impl,log4j-core,log4j-1.2-api}:$log4j; do
    IFS=: read -r group id at <<<"$artifact"
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$id</artifactId><version>$at</version></dependency>"
  done
  cat >"$state/$version/pom.xml" <<X
<project><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>$dependencies</dependencies></project>
X
  # Renamed when it is complete, so that an interrupted download never looks like a finished one.
  rm -rf "$libs.part"
  mvn -q -B -ntp -f "$state/$version/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs.part" >&2
  mv "$libs.part" "$libs"
}

kafka_java() {
  if [[ ! -f $state/log4j2.xml ]]; then
    mkdir -p "$state"
    cat >"$state/log4j2.xml" <<'X'
<Configuration status="ERROR">
<Appenders><Console name="err" target="SYSTEM_ERR"><PatternLayout pattern="%d %p %c %m%n"/></Console></Appenders>
<Loggers><Logger name="kafka.server.KafkaRaftServer" level="info"/>
<Root level="warn"><AppenderRef ref="err"/></Root></Loggers></Configuration>
X
  fi
  exec java -XX:-UsePerfData -XX:+UseSerialGC -XX:TieredStopAtLevel="${JIT_LEVEL:-1}" \
    -Djava.net.preferIPv4Stack=true -Dfile.encoding=UTF-8 -Dlog4j2.configurationFile="$state/log4j2.xml" -cp "$libs/*" "$@"
}

properties() { # properties NODE VOTER...: a node that is broker and controller, made for tests: small and quick to notice
  local node=$1 voter entry name protocol digit
  shift
  local voters="" listen="CONTROLLER://127.0.0.1:19${node}90" advertised="" map="CONTROLLER:PLAINTEXT"
  for voter; do voters+=",$voter@127.0.0.1:19${voter}90"; done
  for entry in "${listeners[@]}"; do
    read -r name protocol digit <<<"$entry"
    listen+=",$name://127.0.0.1:19${node}9$digit"
    advertised+=",$name://localhost:19${node}9$digit"
    map+=",$name:$protocol"
  done
  local replicas=$(($# < 3 ? $# : 3)) in_sync=$(($# < 3 ? 1 : 2))
  cat <<X
process.roles=broker,controller
node.id=$node
controller.quorum.voters=${voters#,}
controller.listener.names=CONTROLLER
listeners=$listen
advertised.listeners=${advertised#,}
listener.security.protocol.map=$map
inter.broker.listener.name=PLAINTEXT
log.dirs=$(node_dir "$node")/data
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=100
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
replica.lag.time.max.ms=5000
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
X
}

node_dir() { echo "$state/node$1"; }

client_port() { # the first listener's
  local digit
  read -r _ _ digit <<<"${listeners[0]}"
  echo "19${1}9$digit"
}

# The node's process, if it is alive and really ours: ids are used again, so the command line must name our file.
alive() {
  local pid
  pid=$(cat "$(node_dir "$1")/pid" 2>/dev/null) || return 1
  grep -qsF "$(node_dir "$1")/server.properties" "/proc/$pid/cmdline" || return 1
  echo "$pid"
}

prepare() { # prepare NODE VOTER...: fresh data
  local dir
  dir=$(node_dir "$1")
  rm -rf "$dir"
  mkdir -p "$dir"
  properties "$@" >"$dir/server.properties"
}

format() {
  local dir
  dir=$(node_dir "$1")
  # Every node of a cluster must be formatted with the same id.
  (kafka_java kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$dir/server.properties") >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; die "node $1 could not be formatted"; }
}

# Starts a node and waits until it serves. With static voters it formats its own directory first if that is empty.
start_node() {
  local node=$1 dir port pid
  dir=$(node_dir "$node") port=$(client_port "$node")
  [[ -f $dir/server.properties ]] || die "there is no node $node: run up or cluster first"
  if pid=$(alive "$node"); then echo "node $node: already up, process $pid"; return; fi
  if answers "$port"; then die "something else listens on port $port"; fi
  [[ -d $dir/data ]] || format "$node"
  # A session of its own, so that Ctrl-C in the terminal does not end it; full JIT, as brokers are measured too.
  JIT_LEVEL=4 setsid nohup "${BASH_SOURCE[0]}" java -Xmx"${KAFKA_HEAP:-1g}" -Xms256m kafka.Kafka "$dir/server.properties" \
    </dev/null >"$dir/log" 2>&1 &
  pid=$!
  echo "$pid" >"$dir/pid"
  # The log line comes after the broker has caught up and is unfenced; a port alone opens earlier.
  for _ in $(seq 300); do
    if grep -q "Kafka Server started" "$dir/log" && answers "$port"; then
      echo "node $node: localhost:$port, process $pid"
      return
    fi
    kill -0 "$pid" 2>/dev/null || { tail -n 30 "$dir/log" >&2; die "node $node ended at its start; its log's end is above"; }
    sleep 0.2
  done
  tail -n 30 "$dir/log" >&2
  die "node $node did not answer within a minute; its log's end is above"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

up() { # up NODE...: fresh nodes that vote together, all started at once
  local node pid failed=0 pids=()
  for node; do
    if alive "$node" >/dev/null; then die "node $node is up already: run down first"; fi
  done
  fetch_jars
  for node; do prepare "$node" "$@"; done
  for node; do start_node "$node" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  if [[ $failed == 1 ]]; then down "$@"; exit 1; fi
}

nodes() { # all that have a directory
  local dir
  for dir in "$state"/node*/; do [[ -d $dir ]] && basename "$dir" | tr -dc '0-9\n'; done
}

down() { # down NODE...
  local node pid
  # A frozen process takes no signal but KILL until it is woken.
  for node; do if pid=$(alive "$node"); then kill "$pid"; kill -CONT "$pid"; fi; done
  for node; do
    # The last nodes of a cluster have no quorum left to say good-bye to, and would wait for it for minutes.
    for _ in $(seq 25); do alive "$node" >/dev/null || break; sleep 0.2; done
    if pid=$(alive "$node"); then kill -9 "$pid"; while alive "$node" >/dev/null; do sleep 0.1; done; fi
    rm -f "$(node_dir "$node")/pid"
  done
}

send_signal() { # send_signal SIGNAL NODE
  local pid
  pid=$(alive "$2") || die "node $2 is not up"
  kill "-$1" "$pid"
  if [[ $1 == KILL ]]; then while alive "$2" >/dev/null; do sleep 0.1; done; fi
}

status() {
  local node pid how
  for node in $(nodes); do
    how=down
    if pid=$(alive "$node"); then
      how=up
      [[ $(awk '/^State:/ {print $2}' "/proc/$pid/status") == T ]] && how="up but frozen"
      how+=", process $pid"
    fi
    echo "node $node: localhost:$(client_port "$node"), $how"
  done
}

command=${1:-}
shift || true
case $command in
  kill | stop | cont | start) [[ ${1:-} =~ ^[0-9]$ && $# == 1 ]] || die "which node? kafka.sh $command N" ;;
esac
case $command in
  jars) fetch_jars; echo "$libs: $(find "$libs" -name '*.jar' | wc -l) jars" ;;
  up) if alive 0 >/dev/null; then status | grep '^node 0:'; else up 0; fi ;;
  cluster) up 1 2 3 ;;
  start) fetch_jars; start_node "$1" ;;
  kill) send_signal KILL "$1" ;;
  stop) send_signal STOP "$1" ;;
  cont) send_signal CONT "$1" ;;
  down) if [[ $# -gt 0 ]]; then down "$@"; else mapfile -t all < <(nodes); down "${all[@]}"; fi ;;
  status) status ;;
  java) fetch_jars; kafka_java "$@" ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; [[ $command == help ]] ;;
esac
