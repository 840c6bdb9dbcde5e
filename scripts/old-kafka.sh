#!/usr/bin/env bash
# Old Apache Kafkas on this machine, on Java 17: the jars come by Maven, the state lies under .kafka/old/. Several may be up at once.
#
#   old-kafka.sh VERSION up     one node with fresh data, and a ZooKeeper of its own where it needs one
#   old-kafka.sh VERSION down   ends it; `old-kafka.sh down` ends all
#   old-kafka.sh VERSION jars   fetches the jars (`up` does it when they are missing)
#   old-kafka.sh VERSION java ARGS...
#                               java with its jars
#   old-kafka.sh status         which there are and how they are
#
#   version   PLAINTEXT  SASL_PLAINTEXT  mechanisms                                              ZooKeeper  controller
#   3.9.2     29390      29391           PLAIN SCRAM-SHA-256 SCRAM-SHA-512                                  29398
#   2.8.2     29280      29281           PLAIN SCRAM-SHA-256 SCRAM-SHA-512                       29289
#   1.1.1     29110      29111           PLAIN SCRAM-SHA-256 SCRAM-SHA-512                       29119
#   0.11.0.3  29011      29012           PLAIN SCRAM-SHA-256 SCRAM-SHA-512 (SaslHandshake v0)    29019
#   0.10.2.2  29102      29103           PLAIN SCRAM-SHA-256 SCRAM-SHA-512 (SaslHandshake v0)    29109
#   0.9.0.1   29090                      no ApiVersions, message format v0                       29099
#
# Users: alice, alice-secret by every mechanism; admin, admin-secret by PLAIN.
#
# Environment: OLD_KAFKA_HEAP (512m), KAFKA_STATE (an absolute path; .kafka in the repository).
# On Debian, as root, it installs Java and Maven if they are missing; elsewhere Java 17 and Maven must be there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

all=(3.9.2 2.8.2 1.1.1 0.11.0.3 0.10.2.2 0.9.0.1)

choose() { # choose VERSION: its ports, and the Scala of its jars
  version=$1 has_sasl=1 kraft=0
  case $version in
    3.9.2) port=29390 scala=2.13 kraft=1 ;;
    2.8.2) port=29280 scala=2.13 zookeeper_port=29289 ;;
    1.1.1) port=29110 scala=2.12 zookeeper_port=29119 ;;
    0.11.0.3) port=29011 scala=2.12 zookeeper_port=29019 ;;
    0.10.2.2) port=29102 scala=2.12 zookeeper_port=29109 ;;
    0.9.0.1) port=29090 scala=2.11 zookeeper_port=29099 has_sasl=0 ;;
    *) die "which version? One of: ${all[*]}" ;;
  esac
  folder=$state/old/$version node=$folder/node zookeeper=$folder/zookeeper
}

# The versions that have had log4j 1 name another binding of slf4j; those older than Java 9 want a class that Java has no more.
fetch_jars() {
  case $version in
    3.9.2) set -- org.slf4j:slf4j-reload4j:1.7.36 ;;
    2.8.2) set -- org.slf4j:slf4j-log4j12:1.7.30 log4j:log4j:1.2.17 ;;
    *) set -- org.slf4j:slf4j-log4j12:1.7.25 log4j:log4j:1.2.17 javax.xml.bind:jaxb-api:2.3.0 ;;
  esac
  jars "$folder" "org.apache.kafka:kafka_$scala:$version" "$@"
}

old_java() { # old_java VERSION ARGS...: with that version's jars
  local libs=$state/old/$1/libs
  shift
  if [[ ! -f $state/old/log4j.properties ]]; then
    cat >"$state/old/log4j.properties" <<'X'
log4j.rootLogger=WARN,err
log4j.appender.err=org.apache.log4j.ConsoleAppender
log4j.appender.err.target=System.err
log4j.appender.err.layout=org.apache.log4j.PatternLayout
log4j.appender.err.layout.ConversionPattern=%d %p %c %m%n
X
  fi
  exec java -Xmx"${OLD_KAFKA_HEAP:-512m}" -XX:-UsePerfData -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true -Dfile.encoding=UTF-8 \
    --add-opens=java.base/java.{lang,nio}=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
    "-Dlog4j.configuration=file:$state/old/log4j.properties" -Dzookeeper.jmx.log4j.disable=true -cp "$libs/*" "$@"
}

properties() {
  local listen="PLAINTEXT://127.0.0.1:$port" advertised="PLAINTEXT://localhost:$port"
  if [[ $has_sasl == 1 ]]; then
    listen+=",SASL_PLAINTEXT://127.0.0.1:$((port + 1))" advertised+=",SASL_PLAINTEXT://localhost:$((port + 1))"
    echo sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
  fi
  if [[ $kraft == 1 ]]; then
    listen+=",CONTROLLER://127.0.0.1:$((port + 8))"
    cat <<X
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 8))
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
group.coordinator.rebalance.protocols=classic,consumer
X
  else
    printf '%s\n' broker.id=1 "zookeeper.connect=127.0.0.1:$zookeeper_port"
  fi
  cat <<X
listeners=$listen
advertised.listeners=$advertised
log.dirs=$node/data
num.partitions=4
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.min.session.timeout.ms=1000
auto.create.topics.enable=true
log.cleaner.dedupe.buffer.size=4194304
X
  case $version in
    0.9.* | 0.10.*) ;; # no transactions, and groups form at once
    *)
      cat <<X
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
X
      ;;
  esac
}

up() {
  if alive "$node" >/dev/null; then return; fi
  if answers "$port"; then die "something else listens on port $port"; fi
  fetch_jars
  finish "$zookeeper"
  rm -rf "$node" "$zookeeper"
  mkdir -p "$node" "$zookeeper"
  properties >"$node/server.properties"
  cat >"$node/jaas.conf" <<'X'
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required user_admin="admin-secret" user_alice="alice-secret";
  org.apache.kafka.common.security.scram.ScramLoginModule required;
};
X
  if [[ $kraft == 1 ]]; then
    prepare "format" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$node/server.properties" \
      -S 'SCRAM-SHA-256=[name=alice,password=alice-secret]' -S 'SCRAM-SHA-512=[name=alice,password=alice-secret]'
  else
    start_zookeeper
    if [[ $has_sasl == 1 ]]; then
      prepare "users" kafka.admin.ConfigCommand --zookeeper "127.0.0.1:$zookeeper_port" --alter --entity-type users --entity-name alice \
        --add-config 'SCRAM-SHA-256=[iterations=4096,password=alice-secret],SCRAM-SHA-512=[iterations=4096,password=alice-secret]'
    fi
  fi
  launch "$node" "${BASH_SOURCE[0]}" "$version" java -Djava.security.auth.login.config="$node/jaas.conf" kafka.Kafka "$node/server.properties"
  await "$node" "Kafka $version" answers "$port"
}

prepare() { # prepare STEP ARGS...: java, whose words are worth something only if it fails
  local log=$node/$1.log
  (old_java "$version" "${@:2}") >"$log" 2>&1 || { cat "$log" >&2; die "Kafka $version: $1 failed"; }
}

# The jars of Kafka 3.9.2 have the ZooKeeper for all, so that there is one to know.
start_zookeeper() {
  (choose 3.9.2 && fetch_jars)
  printf '%s\n' "dataDir=$zookeeper/data" "clientPort=$zookeeper_port" clientPortAddress=127.0.0.1 admin.enableServer=false \
    maxClientCnxns=0 >"$zookeeper/zoo.properties"
  launch "$zookeeper" "${BASH_SOURCE[0]}" 3.9.2 java org.apache.zookeeper.server.quorum.QuorumPeerMain "$zookeeper/zoo.properties"
  await "$zookeeper" "the ZooKeeper of Kafka $version" answers "$zookeeper_port"
}

down() { # the node first: it wants to tell its ZooKeeper
  finish "$node"
  finish "$zookeeper"
}

status() {
  local sasl=""
  if [[ $has_sasl == 1 ]]; then sasl=", SASL_PLAINTEXT localhost:$((port + 1))"; fi
  echo "Kafka $version: localhost:$port$sasl, $(how "$node")"
}

each() { # each COMMAND: for every version that has a folder
  local each
  for each in "${all[@]}"; do if [[ -d $state/old/$each/node ]]; then choose "$each" && "$1"; fi; done
}

case ${1:-} in
  down | status) each "$1" ;;
  [0-9]*)
    choose "$1"
    case ${2:-} in
      up) up; status ;;
      down) down ;;
      jars) fetch_jars; count_jars "$folder" ;;
      java) fetch_jars; old_java "$version" "${@:3}" ;;
      *) usage; exit 1 ;;
    esac
    ;;
  *) usage; [[ ${1:-} == help ]] ;;
esac
