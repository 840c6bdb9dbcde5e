#!/usr/bin/env bash
# A real Apache Kafka on this machine, without Docker: the jars come by Maven, the state lies under .kafka/.
#
#   kafka.sh jars               fetch the jars (`up` and `cluster` do it when they are missing)
#   kafka.sh up                 one node with id 0 and fresh data: localhost:19092 and the listeners below
#   kafka.sh cluster [secure]   nodes 1, 2, 3 with fresh data: localhost:19192, 19292, 19392; three replicas, two in sync, two log
#                               directories each, access rules; the other listeners only if they are asked for, as TLS costs each
#                               node a second of CPU to start
#   kafka.sh start N            start node N again, with the data it has
#   kafka.sh kill N             kill -9
#   kafka.sh stop N | cont N    freeze (SIGSTOP) and wake (SIGCONT)
#   kafka.sh down [N...]        end these nodes, or all of them
#   kafka.sh status             which nodes there are and how they are
#   kafka.sh java ARGS...       java with Kafka's jars: `kafka.sh java org.apache.kafka.tools.TopicCommand ...`
#   kafka.sh client LISTENER [MECHANISM [USER PASSWORD]]
#                               properties for a Java client: `--command-config <(kafka.sh client SASL_SSL PLAIN)`; alice if no user
#                               is named. With OAUTHBEARER the user is the token's subject, with GSSAPI it is alice.
#   kafka.sh token [N]          a delegation token for alice from node N (0): its id and its hmac, which are user name and password
#                               of a SCRAM login with the extension tokenauth=true
#
# Listeners of node N:
#   19N92 PLAINTEXT       inter-broker too
#   19N93 SSL             takes a client certificate and wants none
#   19N94 SASL_PLAINTEXT  PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER with unsecured tokens (jwt.sh)
#   19N95 SASL_SSL        the same, and a login lasts 10 seconds
#   19N96 MTLS            SSL that wants a client certificate
#   19N97 EXPIRED         SSL with a certificate that is over
#   19N98 OTHERHOST       SSL with a certificate for another host
#   19N99 SCRAM_ONLY      SASL_PLAINTEXT, of SCRAM-SHA-512 and no other mechanism
# 19N94 and 19N95 have GSSAPI too if the KDC is up when the node is made: `kdc.sh up` first. Users: admin, admin-secret and
# alice, alice-secret. Certificates: see pki.sh.
#
# Environment: KAFKA_VERSION (4.3.1), KAFKA_HEAP (1g), KAFKA_STATE (an absolute path; .kafka in the repository).
# On Debian, as root, it installs Java, Maven and openssl if they are missing; elsewhere Java 17 and the others must be there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=${KAFKA_VERSION:-4.3.1}
pki=$state/pki
kdc=$state/kdc

# The listeners that clients reach: name, protocol, last digit of the port. Node N listens on 19N9x, its controller on 19N90.
listeners=(
  "PLAINTEXT PLAINTEXT 2"
  "SSL SSL 3"
  "SASL_PLAINTEXT SASL_PLAINTEXT 4"
  "SASL_SSL SASL_SSL 5"
  "MTLS SSL 6"
  "EXPIRED SSL 7"
  "OTHERHOST SSL 8"
  "SCRAM_ONLY SASL_PLAINTEXT 9"
)

# kafka-tools brings the console tools. Kafka's jars name no implementation of slf4j, so log4j is added.
fetch_jars() {
  jars "$state/$version" org.apache.kafka:{kafka_2.13,kafka-tools}:"$version" \
    org.apache.logging.log4j:{log4j-slf4j-impl,log4j-core,log4j-1.2-api}:2.25.4
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
    -Djava.net.preferIPv4Stack=true -Dfile.encoding=UTF-8 -Dlog4j2.configurationFile="$state/log4j2.xml" \
    -Djava.security.krb5.conf="$kdc/krb5.conf" -cp "$state/$version/libs/*" "$@"
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
log.dirs=$(node_dir "$node")/data$( (($# > 1)) && echo ",$(node_dir "$node")/more")
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
  # So that access rules can be made; what no rule is about stays allowed.
  if (($# > 1)); then
    printf '%s\n' authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer \
      allow.everyone.if.no.acl.found=true "super.users=User:ANONYMOUS;User:admin"
  fi
  secure_properties
}

secure_properties() {
  local mechanism mechanisms=(PLAIN SCRAM-SHA-256 SCRAM-SHA-512 OAUTHBEARER) listener
  if alive "$kdc" >/dev/null; then mechanisms+=(GSSAPI); fi
  # A key store in PEM must have no password, not even an empty one.
  cat <<X
ssl.keystore.type=PEM
ssl.keystore.location=$pki/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$pki/ca.pem
listener.name.ssl.ssl.client.auth=requested
listener.name.mtls.ssl.client.auth=required
listener.name.expired.ssl.keystore.location=$pki/expired.pem
listener.name.otherhost.ssl.keystore.location=$pki/otherhost.pem
sasl.enabled.mechanisms=$(IFS=,; echo "${mechanisms[*]}")
sasl.kerberos.service.name=kafka
listener.name.sasl_ssl.connections.max.reauth.ms=10000
listener.name.scram_only.sasl.enabled.mechanisms=SCRAM-SHA-512
delegation.token.secret.key=delegation-secret
X
  for listener in sasl_plaintext sasl_ssl; do
    for mechanism in "${mechanisms[@]}"; do broker_login "$listener" "$mechanism"; done
  done
  broker_login scram_only SCRAM-SHA-512
}

# The mechanism's module and options, as a broker has them. Kafka keeps the SCRAM users itself: see `format`.
broker_login() { # broker_login LISTENER MECHANISM
  local module
  case $2 in
    PLAIN) module='plain.PlainLoginModule required user_admin="admin-secret" user_alice="alice-secret"' ;;
    SCRAM-*) module='scram.ScramLoginModule required' ;;
    # Brokers log in as well before they serve it, so this one needs a subject.
    OAUTHBEARER) module='oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"' ;;
    # isInitiator=false: the broker asks the KDC for nothing, its keytab is enough.
    GSSAPI)
      echo "listener.name.$1.gssapi.sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true" \
        "storeKey=true isInitiator=false keyTab=\"$kdc/kafka.keytab\" principal=\"kafka/localhost\";"
      return
      ;;
  esac
  echo "listener.name.$1.${2,,}.sasl.jaas.config=org.apache.kafka.common.security.$module;"
}

client_properties() { # client_properties LISTENER [MECHANISM [USER PASSWORD]]
  local entry name protocol="" mechanism=${2:-} user=${3:-alice} password=${4:-alice-secret} module
  for entry in "${listeners[@]}"; do
    read -r name protocol _ <<<"$entry"
    [[ $name == "${1:-}" ]] && break
    protocol=""
  done
  [[ $protocol ]] || die "which listener? kafka.sh client LISTENER [MECHANISM [USER PASSWORD]]"
  echo "security.protocol=$protocol"
  if [[ $protocol == *SSL ]]; then
    printf '%s\n' ssl.truststore.type=PEM "ssl.truststore.location=$pki/ca.pem"
    if [[ $name == MTLS ]]; then printf '%s\n' ssl.keystore.type=PEM "ssl.keystore.location=$pki/client.pem"; fi
  fi
  [[ $protocol == SASL_* ]] || return 0
  case $mechanism in
    PLAIN) module="org.apache.kafka.common.security.plain.PlainLoginModule required username=\"$user\" password=\"$password\"" ;;
    SCRAM-*) module="org.apache.kafka.common.security.scram.ScramLoginModule required username=\"$user\" password=\"$password\"" ;;
    OAUTHBEARER) module="org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"$user\"" ;;
    GSSAPI)
      echo sasl.kerberos.service.name=kafka
      module="com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true keyTab=\"$kdc/alice.keytab\" principal=\"alice\""
      ;;
    *) die "which mechanism? kafka.sh client $1 MECHANISM" ;;
  esac
  printf '%s\n' "sasl.mechanism=$mechanism" "sasl.jaas.config=$module;"
}

token() { # token NODE
  local out
  out=$(kafka_java org.apache.kafka.tools.DelegationTokenCommand --bootstrap-server "localhost:19${1}94" \
    --command-config <(client_properties SASL_PLAINTEXT SCRAM-SHA-512) --create --max-life-time-period -1 2>&1) || { echo "$out" >&2; exit 1; }
  # Somewhere below the titles: TOKENID HMAC OWNER REQUESTER RENEWERS ISSUEDATE EXPIRYDATE MAXDATE.
  awk 'titles && NF > 2 {print $1, $2; found = 1; exit} $1 == "TOKENID" {titles = 1} END {exit !found}' <<<"$out" || { echo "$out" >&2; exit 1; }
}

node_dir() { echo "$state/node$1"; }

client_port() { # the first listener's
  local digit
  read -r _ _ digit <<<"${listeners[0]}"
  echo "19${1}9$digit"
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
  (kafka_java kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$dir/server.properties" \
    -S 'SCRAM-SHA-256=[name=alice,password=alice-secret]' -S 'SCRAM-SHA-512=[name=alice,password=alice-secret]' \
    -S 'SCRAM-SHA-256=[name=admin,password=admin-secret]' -S 'SCRAM-SHA-512=[name=admin,password=admin-secret]') >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; die "node $1 could not be formatted"; }
}

# Starts a node and waits until it serves. With static voters it formats its own directory first if that is empty.
start_node() {
  local node=$1 dir port pid
  dir=$(node_dir "$node") port=$(client_port "$node")
  [[ -f $dir/server.properties ]] || die "there is no node $node: run up or cluster first"
  if pid=$(alive "$dir"); then echo "node $node: already up, process $pid"; return; fi
  if answers "$port"; then die "something else listens on port $port"; fi
  [[ -d $dir/data ]] || format "$node"
  # Full JIT, as brokers are measured too.
  JIT_LEVEL=4 launch "$dir" "${BASH_SOURCE[0]}" java -Xmx"${KAFKA_HEAP:-1g}" -Xms256m kafka.Kafka "$dir/server.properties"
  await "$dir" "node $node" serves "$dir" "$port"
  echo "node $node: localhost:$port, process $(cat "$dir/pid")"
}

# The log line comes after the broker has caught up and is unfenced; a port alone opens earlier.
serves() { grep -q "Kafka Server started" "$1/log" && answers "$2"; } # serves FOLDER PORT

up() { # up NODE...: fresh nodes that vote together, all started at once
  local node pid failed=0 pids=()
  for node; do
    if alive "$(node_dir "$node")" >/dev/null; then die "node $node is up already: run down first"; fi
  done
  fetch_jars
  "$root/scripts/pki.sh" >/dev/null
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
  local node folders=()
  for node; do folders+=("$(node_dir "$node")"); done
  finish "${folders[@]}"
}

send_signal() { # send_signal SIGNAL NODE
  local pid dir
  dir=$(node_dir "$2")
  pid=$(alive "$dir") || die "node $2 is not up"
  kill "-$1" "$pid"
  if [[ $1 == KILL ]]; then while alive "$dir" >/dev/null; do sleep 0.1; done; fi
}

status() {
  local node
  for node in $(nodes); do echo "node $node: localhost:$(client_port "$node"), $(how "$(node_dir "$node")")"; done
}

command=${1:-}
shift || true
case $command in
  kill | stop | cont | start) [[ ${1:-} =~ ^[0-9]$ && $# == 1 ]] || die "which node? kafka.sh $command N" ;;
esac
case $command in
  jars) fetch_jars; count_jars "$state/$version" ;;
  up) if alive "$(node_dir 0)" >/dev/null; then status | grep '^node 0:'; else up 0; fi ;;
  cluster) [[ ${1:-} == secure ]] || listeners=("${listeners[0]}"); up 1 2 3 ;;
  start) fetch_jars; start_node "$1" ;;
  kill) send_signal KILL "$1" ;;
  stop) send_signal STOP "$1" ;;
  cont) send_signal CONT "$1" ;;
  down) if [[ $# -gt 0 ]]; then down "$@"; else mapfile -t all < <(nodes); down "${all[@]}"; fi ;;
  status) status ;;
  java) fetch_jars; kafka_java "$@" ;;
  client) client_properties "$@" ;;
  token) fetch_jars; token "${1:-0}" ;;
  *) usage; [[ $command == help ]] ;;
esac
