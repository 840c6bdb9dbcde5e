#!/usr/bin/env bash
# The example `connect` against real brokers: every listener by every mechanism, every way to be turned away, idle drop and
# re-authentication; then old Kafkas, and clusters that are not Apache's.
#
#   check-connect.sh                 needs Java and Maven, or Debian and root: see kafka.sh, old-kafka.sh and others.sh
#   check-connect.sh --old all       the oldest Kafkas too: 1.1.1, 0.11.0.3, 0.10.2.2, 0.9.0.1
#   check-connect.sh --old none      neither old Kafkas nor others
#
# It uses the node 0 of kafka.sh if it is up; else it starts one and stops it again. GSSAPI is tried where the headers of krb5 and
# libclang are.
# Environment: REAUTHENTICATE (28), for how many seconds requests are sent on the listener whose logins last 10; KAFKA_STATE and others
# of kafka.sh.
set -euo pipefail
export LC_ALL=C # the decimal point of the clock
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR
source scripts/common.sh

case $* in
  "") old=(3.9.2 2.8.2) ;;
  "--old all") old=(3.9.2 2.8.2 1.1.1 0.11.0.3 0.10.2.2 0.9.0.1) ;;
  "--old none") old=() ;;
  *) usage; exit 1 ;;
esac
reauthenticate=${REAUTHENTICATE:-28}
pki=$state/pki kdc=$state/kdc

work=$(mktemp -d)
started=() # commands that end what was started
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  local command jobs
  mapfile -t jobs < <(jobs -p)
  if [[ ${#jobs[@]} -gt 0 ]]; then kill "${jobs[@]}" 2>/dev/null || true; fi
  for command in "${started[@]}"; do $command >/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap "exit 130" INT TERM

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { # not_ok WHAT DETAILS: long lines are cut
  failed=$((failed + 1))
  echo "not ok - $1"
  head -n 20 <<<"$2" | cut -c 1-300 | sed 's/^/    /'
}

steps=()
step() { # step TITLE: begins it, and notes how long the last one took
  if [[ ${step_title:-} ]]; then steps+=("$(awk "BEGIN {printf \"%6.1f s  \", $EPOCHREALTIME - $step_began}")$step_title"); fi
  step_title=$1 step_began=$EPOCHREALTIME
  if [[ $1 ]]; then echo "# $1"; fi
}

connect() { # connect ARGS...: what it prints goes to $work/out and $work/err; sets status and milliseconds
  local began=$EPOCHREALTIME
  status=0
  timeout --foreground 90 "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
  milliseconds=$(awk "BEGIN {printf \"%d\", 1000 * ($EPOCHREALTIME - $began)}")
  cat "$work/out" "$work/err" >>"$work/all"
}

goes() { # goes WHAT PATTERN ARGS...: it connects, no request fails, and the JSON that it prints has the pattern
  local what=$1 pattern=$2
  shift 2
  connect "$@" --json
  if [[ $status == 0 && $(wc -l <"$work/out") == 1 && ! -s $work/err ]] && grep -q '"failed":0,' "$work/out" &&
    ! grep -q '"failed":[1-9]' "$work/out" && grep -qE "$pattern" "$work/out"; then
    ok "$what"
  else
    not_ok "$what" "ended with $status, wanted /$pattern/: $*"$'\n'"$(cat "$work/err")"$'\n'"$(sed 's/,"versions":.*//' "$work/out")"
  fi
}

fails() { # fails WHAT MILLISECONDS PATTERN ARGS...: it fails in time, with a line that has the pattern; JSON has the same
  local what=$1 limit=$2 pattern=$3
  shift 3
  connect "$@" --json
  if [[ $status == 1 && $(wc -l <"$work/err") == 1 && $milliseconds -le $limit ]] && grep -qE "^connect: $pattern" "$work/err" &&
    grep -qE '"error":\{"cause":"[^"]' "$work/out"; then
    ok "$what ($milliseconds ms)"
  else
    not_ok "$what" "ended with $status after $milliseconds ms, wanted /$pattern/: $*"$'\n'"$(cat "$work/err")"
  fi
}

field() { # field NAME: the number of the first such member
  sed -nE "s/.*\"$1\":([0-9.]+).*/\1/p" "$work/out"
}

login() { # login MECHANISM: the arguments for alice, one a line
  case $1 in
    PLAIN | SCRAM-*) printf '%s\n' --sasl "${1,,}" --user alice --password-file "$work/password" ;;
    OAUTHBEARER) printf '%s\n' --sasl oauthbearer --token-file "$work/token" ;;
    GSSAPI) printf '%s\n' --sasl gssapi --keytab "$kdc/alice.keytab" --principal alice ;;
  esac
}

step "building the example, and a Kafka"
gssapi=0 arguments=()
if [[ -f /usr/include/gssapi/gssapi.h ]] && compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null; then
  gssapi=1 arguments=(--features gssapi)
fi
cargo build --quiet --example connect "${arguments[@]}"
program=${CARGO_TARGET_DIR:-target}/debug/examples/connect
if [[ $gssapi == 1 && $(scripts/kdc.sh status) != *", up, "* ]]; then
  if [[ $(scripts/kafka.sh status) != *"node 0: localhost:19092, up, "* ]]; then
    started+=("scripts/kdc.sh down")
    scripts/kdc.sh up >/dev/null
  fi
fi
if [[ $(scripts/kafka.sh status) == *"node 0: localhost:19092, up, "* ]]; then
  scripts/kafka.sh status | grep '^node 0:'
else
  started+=("scripts/kafka.sh down 0")
  scripts/kafka.sh up
fi
if [[ $gssapi == 1 ]] && ! { grep -q GSSAPI "$state/node0/server.properties" && [[ $(scripts/kdc.sh status) == *", up, "* ]]; }; then
  gssapi=0
fi
mechanisms=(PLAIN SCRAM-SHA-256 SCRAM-SHA-512 OAUTHBEARER)
if [[ $gssapi == 1 ]]; then
  mechanisms+=(GSSAPI)
  eval "$(scripts/kdc.sh env)"
else
  echo "# not tried: GSSAPI, as krb5's headers, libclang or the KDC are not there"
fi
echo alice-secret >"$work/password"
echo wrong-secret >"$work/wrong"
scripts/jwt.sh alice >"$work/token"
scripts/jwt.sh alice -60 >"$work/over"

plain=(--bootstrap localhost:19092)
trusted=(--tls --tls-ca "$pki/ca.pem")
certified=("${trusted[@]}" --tls-cert "$pki/client.crt" --tls-key "$pki/client.key")
sasl_plain=(--bootstrap localhost:19094 --allow-plaintext-credentials)
sasl_ssl=(--bootstrap localhost:19095 "${trusted[@]}")
tls13='"version":"TLSv1.3"'

step "the tool itself"
connect
if [[ $status == 0 ]] && grep -q '^ApiVersions v[0-9]*, 1 at once: 100 ok, 0 failed' "$work/out"; then
  ok "without arguments it looks at the embedded broker"
else
  not_ok "without arguments it looks at the embedded broker" "ended with $status"$'\n'"$(cat "$work/err" "$work/out")"
fi
for wrong in "--what" "--tls-ca file" "--sasl plain" "--send Produce" "--count 0" "--count 5 --duration 5" "--password alice-secret" "--bootstrap"; do
  read -ra arguments <<<"$wrong"
  connect "${arguments[@]}"
  if [[ $status == 2 && ! -s $work/out ]] && grep -q '^usage: connect' "$work/err"; then
    ok "usage is told at: ${arguments[0]}"
  else
    not_ok "usage is told at: ${arguments[0]}" "ended with $status"$'\n'"$(cat "$work/err")"
  fi
done

step "every listener by every mechanism"
goes "PLAINTEXT" '"mechanism":null.*"tls":null' "${plain[@]}"
goes "PLAINTEXT is Kafka 4.3" '"guess":"4.3 or newer","is_apache_kafka":true' "${plain[@]}"
goes "SSL" "$tls13" --bootstrap localhost:19093 "${trusted[@]}"
goes "SSL by the IP address" "$tls13" --bootstrap 127.0.0.1:19093 "${trusted[@]}"
goes "SSL with a client certificate" "$tls13" --bootstrap localhost:19093 "${certified[@]}"
goes "MTLS" "$tls13" --bootstrap localhost:19096 "${certified[@]}"
for mechanism in "${mechanisms[@]}"; do
  mapfile -t arguments < <(login "$mechanism")
  goes "SASL_PLAINTEXT $mechanism" "\"mechanism\":\"$mechanism\".*\"tls\":null" "${sasl_plain[@]}" "${arguments[@]}"
  goes "SASL_SSL $mechanism" "\"mechanism\":\"$mechanism\".*\"session_lifetime_ms\":10000.*$tls13" "${sasl_ssl[@]}" "${arguments[@]}"
done
goes "SCRAM_ONLY" '"mechanism":"SCRAM-SHA-512"' --bootstrap localhost:19099 --sasl scram-sha-512 --user alice --password-file "$work/password"
goes "a password from standard input" '"mechanism":"SCRAM-SHA-512"' \
  "${sasl_plain[@]}" --sasl scram-sha-512 --user alice --password-file - < <(printf alice-secret)
token=$(scripts/kafka.sh token)
echo "${token#* }" >"$work/hmac"
for _ in $(seq 20); do # it takes a moment until the broker knows its own token
  connect "${sasl_ssl[@]}" --sasl scram-sha-256 --delegation-token --user "${token% *}" --password-file "$work/hmac" --count 1
  if [[ $status == 0 ]]; then break; fi
done
for mechanism in scram-sha-256 scram-sha-512; do
  goes "a delegation token by ${mechanism^^}" '"mechanism":"SCRAM' \
    "${sasl_ssl[@]}" --sasl "$mechanism" --delegation-token --user "${token% *}" --password-file "$work/hmac"
done
goes "a second connection" '"again":\{' "${sasl_ssl[@]}" --sasl scram-sha-512 --user alice --password-file "$work/password" --again

step "requests at every version"
mapfile -t arguments < <(login SCRAM-SHA-512)
for _ in $(seq 20); do # the first one who asks for a coordinator has the broker make a topic
  connect "${sasl_ssl[@]}" "${arguments[@]}" --count 1 --send FindCoordinator --send OffsetFetch
  if [[ $status == 0 ]]; then break; fi
  sleep 0.2
done
for api in ApiVersions:0-4 Metadata:0-13 ListOffsets:1-11 FindCoordinator:0-6 OffsetFetch:1-10 DescribeCluster:0-2 ListGroups:0-5 \
  DescribeGroups:0-6 ConsumerGroupDescribe:0-1 DescribeConfigs:1-4 DescribeLogDirs:1-5 DescribeQuorum:0-2 ListTransactions:0-2 \
  DescribeTransactions:0-0 DescribeTopicPartitions:0-0 ListPartitionReassignments:0-0 ListConfigResources:0-1 DescribeClientQuotas:0-1 \
  DescribeUserScramCredentials:0-0 DescribeDelegationToken:1-3; do
  range=${api#*:}
  sends=()
  for version in $(seq "${range%-*}" "${range#*-}"); do sends+=(--send "${api%:*}:$version"); done
  goes "${api%:*} $range" "\"version\":${range%-*}\}.*\"version\":${range#*-}\}|\"version\":${range#*-}\}" \
    "${sasl_ssl[@]}" "${arguments[@]}" --count 3 "${sends[@]}"
done
fails "an answer with an error" 2000 'localhost:19092: requests: 3 of 3 failed: the broker answers SECURITY_DISABLED' \
  "${plain[@]}" --send DescribeAcls --count 3

step "who is turned away, and why"
# A wrong password is answered late on purpose.
scram=(--sasl scram-sha-512 --user alice --password-file "$work/password")
fails "a wrong password by PLAIN" 2000 'localhost:19094: sasl_authenticate: .*Invalid username or password.*wrong password\)' \
  "${sasl_plain[@]}" --sasl plain --user alice --password-file "$work/wrong"
fails "an unknown user by PLAIN" 2000 'localhost:19095: sasl_authenticate: .*Invalid username or password.*wrong user' \
  "${sasl_ssl[@]}" --sasl plain --user nobody --password-file "$work/password"
for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
  fails "a wrong password by $mechanism" 2000 "localhost:19094: sasl_authenticate: .*invalid credentials with SASL mechanism $mechanism.*wrong password" \
    "${sasl_plain[@]}" --sasl "${mechanism,,}" --user alice --password-file "$work/wrong"
  fails "an unknown user by $mechanism" 2000 'localhost:19095: sasl_authenticate: .*invalid credentials.*wrong user' \
    "${sasl_ssl[@]}" --sasl "${mechanism,,}" --user nobody --password-file "$work/password"
done
fails "a wrong HMAC of a delegation token" 2000 'localhost:19094: sasl_authenticate: .*invalid credentials' \
  "${sasl_plain[@]}" --sasl scram-sha-512 --delegation-token --user "${token% *}" --password-file "$work/wrong"
fails "a token that is over" 2000 'localhost:19095: sasl_authenticate: .*invalid_token.*is the token over' \
  "${sasl_ssl[@]}" --sasl oauthbearer --token-file "$work/over"
fails "a mechanism that the listener lacks" 2000 'localhost:19099: sasl_handshake: .*does not offer SCRAM-SHA-256, but SCRAM-SHA-512 \(hint: --sasl scram-sha-512\)' \
  --bootstrap localhost:19099 --sasl scram-sha-256 --user alice --password-file "$work/password"
fails "PLAIN without TLS" 1000 'localhost:19094: sasl_handshake: PLAIN would send the credentials readable.*add --tls, or --allow' \
  --bootstrap localhost:19094 --sasl plain --user alice --password-file "$work/password"
fails "a wrong CA" 2000 'localhost:19093: tls: .*signed by nobody who is trusted.*--tls-ca' \
  --bootstrap localhost:19093 --tls --tls-ca "$pki/other-ca.pem"
fails "a wrong host name" 2000 'localhost:19098: tls: .*not for this host name' --bootstrap localhost:19098 "${trusted[@]}"
fails "an expired certificate" 2000 'localhost:19097: tls: .*has expired' --bootstrap localhost:19097 "${trusted[@]}"
fails "MTLS without a certificate" 2000 'localhost:19096: api_versions: .*wants a client certificate \(hint: add --tls-cert' \
  --bootstrap localhost:19096 "${trusted[@]}"
fails "MTLS with a certificate that the broker does not trust" 2000 'localhost:19096: api_versions: .*does not accept the client certificate' \
  --bootstrap localhost:19096 "${trusted[@]}" --tls-cert "$pki/other-client.crt" --tls-key "$pki/other-client.key"
fails "plain text on the TLS port" 2000 'localhost:19093: api_versions: .*looks like a TLS listener.*\(hint: add --tls\)' --bootstrap localhost:19093
fails "TLS on the plain port" 2000 'localhost:19092: tls: .*closed the connection.*leave out --tls\)' "${plain[@]}" "${trusted[@]}"
fails "SASL on a listener without it" 2000 'localhost:19092: sasl_handshake: .*ILLEGAL_SASL_STATE.*leave out --sasl\)' "${plain[@]}" "${scram[@]}"
fails "no SASL on a listener with it" 2000 'localhost:19094: requests: .*closed the connection.*add --sasl\)' --bootstrap localhost:19094
fails "no SASL on a listener with it and TLS" 2000 'localhost:19095: requests: .*closed the connection.*add --sasl\)' "${sasl_ssl[@]}"
fails "nobody listens" 2000 'localhost:1: tcp: .*refused.*is the broker up' --bootstrap localhost:1
fails "an unknown host" 10000 'no-such-host.invalid:9092: resolve: .*is the host name right' --bootstrap no-such-host.invalid:9092
fails "an address without a port" 2000 'localhost: resolve: .*not host:port' --bootstrap localhost
fails "a password file that is not there" 2000 'options: .*/nowhere: No such file' "${sasl_plain[@]}" --sasl plain --user alice --password-file /nowhere
fails "a CA file that is not there" 2000 'options: .*/nowhere' --bootstrap localhost:19093 --tls --tls-ca /nowhere
if [[ $gssapi == 1 ]]; then
  fails "GSSAPI with another's keytab" 2000 'localhost:19094: sasl_authenticate: no credentials: .*--keytab' \
    "${sasl_plain[@]}" --sasl gssapi --keytab "$kdc/kafka.keytab" --principal alice
fi
scripts/kafka.sh stop 0
fails "a broker that does not answer" 2000 'localhost:19092: api_versions: timed out .*is it a Kafka broker' "${plain[@]}" --connect-timeout 500
fails "a broker that does not answer to TLS" 2000 'localhost:19093: tls: timed out .*leave out --tls' \
  --bootstrap localhost:19093 "${trusted[@]}" --connect-timeout 500
scripts/kafka.sh cont 0

step "idle drop within 2 % and 10 ms"
drops() { # drops WHAT MILLISECONDS ARGS...: the best of three, as this machine may be busy
  local what=$1 limit=$2 after=none
  shift 2
  for _ in 1 2 3; do
    connect "$@" --idle "$limit" --json
    after=$(field after_ms)
    if [[ $status == 0 ]] && grep -q '"reason":"IdleDrop"' "$work/out" &&
      awk "BEGIN {late = ${after:-0} - $limit; exit !(late >= -10 && late <= $limit * 0.02 + 10)}"; then
      ok "$what: $after ms for $limit"
      return
    fi
  done
  not_ok "$what" "ended with $status, after $after ms"$'\n'"$(cat "$work/err")"
}
drops "PLAINTEXT" 1000 "${plain[@]}"
drops "PLAINTEXT after many at once" 500 "${plain[@]}" --count 1000 --concurrency 32
drops "SSL" 1000 --bootstrap localhost:19093 "${trusted[@]}"
drops "SASL_SSL" 2000 "${sasl_ssl[@]}" "${scram[@]}"

step "re-authentication: requests for $reauthenticate s where a login lasts 10"
names=()
for mechanism in "${mechanisms[@]}"; do
  mapfile -t arguments < <(login "$mechanism")
  "$program" "${sasl_ssl[@]}" "${arguments[@]}" --duration $((reauthenticate * 1000)) --concurrency 8 --json \
    >"$work/$mechanism.out" 2>"$work/$mechanism.err" &
  names+=("$mechanism=$!")
done
# The file is read for each authentication: the second one finds another token.
cp "$work/token" "$work/changing"
(sleep 3 && cp "$work/over" "$work/changing") &
fails "a token that is no good any more the second time" 20000 'localhost:19095: requests: .*re-authentication failed: .*invalid_token.*is the token over\?\)' \
  "${sasl_ssl[@]}" --sasl oauthbearer --token-file "$work/changing" --duration 15000
for name in "${names[@]}"; do
  mechanism=${name%=*} status=0
  wait "${name#*=}" || status=$?
  cat "$work/$mechanism.out" "$work/$mechanism.err" >>"$work/all"
  cp "$work/$mechanism.out" "$work/out"
  if [[ $status == 0 ]] && grep -q '"failed":0,' "$work/out" && awk "BEGIN {exit !($(field ok) > 10000 && $(field seconds) >= $reauthenticate)}"; then
    ok "$mechanism: $(field ok) requests, 0 failed, slowest $(field max) ms"
  else
    not_ok "$mechanism" "ended with $status"$'\n'"$(cat "$work/$mechanism.err")"
  fi
done
goes "100,000 requests, 16 at once" '"ok":100000' "${sasl_ssl[@]}" "${scram[@]}" --count 100000 --concurrency 16

old_guess() { # old_guess VERSION: how the tool calls it
  case $1 in
    0.10.2.*) echo 0.10.2 ;;
    0.9.*) echo 0.9 or older ;;
    *) echo "$1" | grep -oE '^[0-9]+\.[0-9]+' ;;
  esac
}
for version in "${old[@]}"; do
  step "Kafka $version"
  started+=("scripts/old-kafka.sh $version down")
  scripts/old-kafka.sh "$version" up >"$work/up"
  port=$(grep -oE 'localhost:[0-9]+' "$work/up" | head -n 1) port=${port#*:}
  guess='"guess":"'$(old_guess "$version")'","is_apache_kafka":true'
  if [[ $version == 0.9.* ]]; then
    fails "$version says no versions" 2000 "localhost:$port: api_versions: .*--fallback-0.9" --bootstrap "localhost:$port" --connect-timeout 1000
    goes "$version by what it is known to speak" '"api":"Metadata".*"version":0' --bootstrap "localhost:$port" --fallback-0.9
  else
    goes "$version" "$guess" --bootstrap "localhost:$port" --send ApiVersions --send Metadata --send ListGroups
    for mechanism in PLAIN SCRAM-SHA-256 SCRAM-SHA-512; do
      mapfile -t arguments < <(login "$mechanism")
      goes "$version $mechanism" "\"mechanism\":\"$mechanism\"" --bootstrap "localhost:$((port + 1))" --allow-plaintext-credentials "${arguments[@]}"
      fails "$version, a wrong password by $mechanism" 2000 "localhost:$((port + 1)): sasl_authenticate: the broker refuses.*wrong password" \
        --bootstrap "localhost:$((port + 1))" --allow-plaintext-credentials --sasl "${mechanism,,}" --user alice --password-file "$work/wrong"
    done
  fi
  scripts/old-kafka.sh "$version" down >/dev/null
done

if [[ ${#old[@]} -gt 0 ]]; then
  step "franz-go's kfake"
  started+=("scripts/others.sh kfake down")
  scripts/others.sh kfake up >"$work/up"
  address() { awk -v protocol="$1" '$1 == protocol {split($2, all, ","); print all[1]}' "$work/up"; } # address PROTOCOL
  goes "kfake PLAINTEXT" '"tls":null' --bootstrap "$(address PLAINTEXT)" --send ApiVersions --send Metadata
  goes "kfake SSL" "$tls13" --bootstrap "$(address SSL)" "${trusted[@]}"
  goes "kfake resumes a TLS session" '"again":\{[^}]*\}.*"resumed":true.*"connect":' --bootstrap "$(address SSL)" "${trusted[@]}" --again
  for mechanism in PLAIN SCRAM-SHA-256 SCRAM-SHA-512; do
    mapfile -t arguments < <(login "$mechanism")
    goes "kfake SASL_PLAINTEXT $mechanism" "\"mechanism\":\"$mechanism\"" --bootstrap "$(address SASL_PLAINTEXT)" --allow-plaintext-credentials "${arguments[@]}"
    goes "kfake SASL_SSL $mechanism" "\"mechanism\":\"$mechanism\".*\"session_lifetime_ms\":10000" --bootstrap "$(address SASL_SSL)" "${trusted[@]}" "${arguments[@]}"
  done
  fails "kfake, a wrong password" 2000 '[^ ]*: sasl_authenticate: .*closed the connection.*wrong password' \
    --bootstrap "$(address SASL_PLAINTEXT)" --sasl scram-sha-256 --user alice --password-file "$work/wrong"
  scripts/others.sh kfake down >/dev/null

  step "librdkafka's mock cluster"
  started+=("scripts/others.sh rdmock down")
  scripts/others.sh rdmock up >"$work/up"
  goes "rdmock PLAINTEXT" '"is_apache_kafka":false' --bootstrap "$(address PLAINTEXT)" --send ApiVersions --send Metadata
  scripts/others.sh rdmock down >/dev/null
fi

step "no secret was shown"
if grep -qF -e alice-secret -e wrong-secret -e "$(cat "$work/token")" -e "$(cat "$work/hmac")" "$work/all"; then
  not_ok "none is in what was printed" "$(grep -F -e alice-secret -e wrong-secret -e "$(cat "$work/token")" "$work/all")"
else
  ok "none is in what was printed"
fi

step ""
echo
printf '%s\n' "${steps[@]}"
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
