#!/usr/bin/env bash
# milena against a real Kafka and its Java client: what one writes the other reads, to the byte, by every codec, and by check-records.sh with the producer,
# the consumer and kcat, too; then, by check-connect.sh, every listener by every mechanism, old Kafkas, and clusters that are not Apache's; then three
# nodes: by check-admin.sh what the administration does, the examples, and last, by check-cluster.sh and check-chaos.sh, a client and a producer and nodes
# that are not left in peace.
#
#   check-kafka.sh [--old all|none]    needs Java and Maven, or Debian and root: see kafka.sh; --old is check-connect.sh's
#
# It uses the Kafka that answers on localhost:19092, and the three nodes on 19192, 19292 and 19392; what does not answer it starts, and stops again.
# Environment: RECORDS (500), how many records Java writes by each codec; KAFKA_VERSION and others of kafka.sh.
set -euo pipefail
export LC_ALL=C # sorting, and the decimal point of the clock
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bootstrap=localhost:19092
records=${RECORDS:-500}
# What the example `quickstart` writes.
quickstart_records=1000
quickstart_line() { printf 'number:%s\tkey-%s\tvalue-%s' "$1" "$1" "$1"; } # headers, key, value, as the console consumer has them

run=milena-check-$(date +%s)-$$ # a Kafka that is up already may hold topics of earlier runs
work=$(mktemp -d)
started=0 cluster_started=0
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  if [[ $started == 1 ]]; then scripts/kafka.sh down 0; scripts/kdc.sh down; fi
  if [[ $cluster_started == 1 ]]; then scripts/kafka.sh down 1 2 3; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap "exit 130" INT TERM

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { # not_ok WHAT DETAILS: long lines are cut, for some values are long
  failed=$((failed + 1))
  echo "not ok - $1"
  head -n 20 <<<"$2" | cut -c 1-300 | sed 's/^/    /'
}
equal() { # equal WHAT EXPECTED FOUND
  if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "expected: $2"$'\n'"found:    $3"; fi
}
same_lines() { # same_lines WHAT EXPECTED_FILE FOUND_FILE
  local difference
  if [[ -s $2 ]] && difference=$(diff --label expected --label found -U 0 "$2" "$3"); then
    ok "$1"
  else
    not_ok "$1" "${difference:-nothing to compare with}"
  fi
}

steps=()
step() { # step TITLE: begins it, and notes how long the last one took
  if [[ ${step_title:-} ]]; then steps+=("$(awk "BEGIN {printf \"%6.1f s  \", $EPOCHREALTIME - $step_began}")$step_title"); fi
  step_title=$1 step_began=$EPOCHREALTIME
  if [[ $1 ]]; then echo "# $1"; fi
}

java_tool() { timeout --foreground 120 scripts/kafka.sh java "$@" 2>"$work/java.err"; }

milena() { # milena WHAT EXAMPLE ARGS...: what it prints goes to $work/out; a check of its own if it fails
  local what=$1 example=$2 status=0
  shift 2
  timeout --foreground 120 cargo run --quiet --example "$example" -- --bootstrap "$bootstrap" "$@" >"$work/out" 2>"$work/err" || status=$?
  if [[ $status == 0 ]]; then return; fi
  not_ok "$what" "the example $example ended with $status: $*"$'\n'"$(tail -n 15 "$work/err")"
  return 1
}

read_all() { # read_all WHAT TOPIC ARGS...: to where it ends now, into $work/out
  milena "$1" consumer --topic "$2" --from earliest --exit-at-end "${@:3}"
}

by_offset() { sort -t $'\t' -k 1,1n -k 2,2n "$1"; }

# Lines of the console consumer as the example `consumer` prints them. No value written here holds a tab, a colon or a comma.
console_to_lines() {
  awk -F '\t' -v OFS='\t' '{
    for (i = 1; i <= 3; i++) sub(/^[A-Za-z]+:/, "", $i)
    if ($4 == "NO_HEADERS") $4 = ""
    gsub(":", "=", $4)
    print $2, $3, $1, $5, $6, $4
  }' "$1"
}

step "building the examples, and a Kafka"
cargo build --quiet --example quickstart --example consumer
if (exec 3<>/dev/tcp/127.0.0.1/19092) 2>/dev/null; then
  echo "using the Kafka on $bootstrap"
else
  started=1
  # Before Kafka, so that this has GSSAPI.
  scripts/kdc.sh up >/dev/null || echo "# no Kerberos here"
  scripts/kafka.sh up
fi

step "milena writes, Kafka's console consumer reads"
topic=$run-quickstart
if milena "quickstart writes" quickstart --topic "$topic"; then
  java_tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$bootstrap" --topic "$topic" --from-beginning \
    --max-messages "$quickstart_records" --timeout-ms 20000 --formatter-property print.timestamp=true \
    --formatter-property print.partition=true --formatter-property print.offset=true --formatter-property print.headers=true \
    --formatter-property print.key=true >"$work/console" || true
  if [[ ! -s $work/console ]]; then not_ok "the console consumer reads" "$(tail -n 15 "$work/java.err")"; fi
  equal "the console consumer reads $quickstart_records records" "$quickstart_records" "$(wc -l <"$work/console")"
  equal "there are no more than these" "$quickstart_records" "$(java_tool org.apache.kafka.tools.GetOffsetShell \
    --bootstrap-server "$bootstrap" --topic "$topic" | awk -F : '{all += $3} END {print all}')"
  equal "all three partitions have some" 3 "$(cut -f 2 "$work/console" | sort -u | wc -l)"
  seq 0 $((quickstart_records - 1)) | sed 's/^/key-/' | sort >"$work/keys"
  cut -f 5 "$work/console" | sort >"$work/keys.found"
  same_lines "every key is there once" "$work/keys" "$work/keys.found"
  for n in 0 17 $((quickstart_records - 1)); do
    equal "record $n is exact" "$(quickstart_line "$n")" \
      "$(cut -f 4- "$work/console" | awk -F '\t' -v key="key-$n" '$2 == key')"
  done
  if read_all "milena reads what it wrote" "$topic"; then
    console_to_lines "$work/console" >"$work/console.lines"
    by_offset "$work/console.lines" >"$work/console.sorted"
    by_offset "$work/out" >"$work/milena.sorted"
    same_lines "milena reads what the console consumer reads" "$work/console.sorted" "$work/milena.sorted"
  fi
fi

step "Java writes by each codec, milena reads"
codecs=(none gzip snappy lz4 zstd append-time) # the last: uncompressed, with the broker's timestamps
topics=()
for codec in "${codecs[@]}"; do topics+=("$run-java-$codec=$codec"); done
if java_tool scripts/java/Records.java produce "$bootstrap" "$work" "$records" "${topics[@]}"; then
  for codec in "${codecs[@]}"; do
    topic=$run-java-$codec
    if read_all "milena reads $codec" "$topic"; then
      by_offset "$work/$topic.java" >"$work/java.sorted"
      by_offset "$work/out" >"$work/milena.sorted"
      same_lines "milena reads $records records that Java wrote with $codec" "$work/java.sorted" "$work/milena.sorted"
    fi
  done
  codec=zstd
  if read_all "milena stops at --max" "$run-java-$codec" --max 10; then
    equal "milena stops at --max" 10 "$(wc -l <"$work/out")"
  fi
else
  not_ok "Java writes" "$(tail -n 15 "$work/java.err")"
fi

step "milena writes by each codec, Java reads"
written=() # topics
for codec in none gzip snappy lz4; do
  if milena "milena writes $codec" quickstart --topic "$run-milena-$codec" --compression "$codec"; then
    written+=("$run-milena-$codec")
  fi
done
if [[ ${#written[@]} -gt 0 ]] && ! java_tool scripts/java/Records.java consume "$bootstrap" "$work" "${written[@]}"; then
  not_ok "Java reads" "$(tail -n 15 "$work/java.err")"
  written=()
fi
for topic in "${written[@]}"; do
  codec=${topic##*-}
  equal "Java reads $quickstart_records records that milena wrote with $codec" "$quickstart_records" "$(wc -l <"$work/$topic.java")"
  # Key, value and headers do not depend on the codec; partition and time may.
  cut -f 4- "$work/$topic.java" | sort >"$work/$codec.content"
  if [[ $topic != "${written[0]}" ]]; then
    same_lines "$codec holds the same records as ${written[0]##*-}" "$work/${written[0]##*-}.content" "$work/$codec.content"
  fi
done

# Equal counts would not show that a codec was ignored. Only a Kafka of kafka.sh's lets its files be read.
data=${KAFKA_STATE:-.kafka}/node0/data
if [[ $(scripts/kafka.sh status) != *"node 0: $bootstrap, up, "* ]]; then
  echo "# not looked at: the codecs of the batches in the log of this Kafka, which is not one of kafka.sh"
elif [[ ${#written[@]} -gt 0 ]]; then
  segments=$(find "$data" -path "*/$run-milena-*" -name '*.log' | paste -s -d ,)
  if ! java_tool org.apache.kafka.tools.DumpLogSegments --files "$segments" >"$work/dump"; then
    not_ok "Kafka dumps its log" "$(tail -n 15 "$work/java.err")"
  fi
  for topic in "${written[@]}"; do
    equal "the batches in the log are ${topic##*-}" "${topic##*-}" "$(awk -v topic="/$topic-" '
      /^Dumping / {here = index($0, topic)}
      here && match($0, /compresscodec: [a-z0-9]+/) {print substr($0, RSTART + 15, RLENGTH - 15)}' "$work/dump" |
      sort -u | paste -s -d ,)"
  done
fi

step "records of every sort: the producer and the consumer, Java and kcat"
if scripts/check-records.sh; then ok "check-records.sh"; else not_ok "check-records.sh" "see above"; fi

step "connections: every listener by every mechanism, and other brokers"
if [[ $(scripts/kafka.sh status) != *"node 0: $bootstrap, up, "* ]]; then
  echo "# not looked at: the other listeners of this Kafka, which is not one of kafka.sh"
elif scripts/check-connect.sh "$@"; then
  ok "check-connect.sh"
else
  not_ok "check-connect.sh" "see above"
fi

step "three nodes: what the administration does"
if ! (exec 3<>/dev/tcp/127.0.0.1/19192) 2>/dev/null; then
  cluster_started=1
  scripts/kafka.sh cluster secure
fi
if scripts/check-admin.sh; then ok "check-admin.sh"; else not_ok "check-admin.sh" "see above"; fi

step "three nodes: the examples"
bootstrap=localhost:19192
for example in topics failover endure metrics; do
  options=(--topic "$run-$example" --seconds 8)
  case $example in topics) options=() ;; metrics) options+=(--listen 127.0.0.1:0) ;; esac
  if milena "the example $example" "$example" "${options[@]}"; then ok "the example $example"; fi
done

step "three nodes that are restarted and killed"
if scripts/check-cluster.sh; then ok "check-cluster.sh"; else not_ok "check-cluster.sh" "see above"; fi

step "a producer and three nodes whose leaders are killed"
if scripts/check-chaos.sh; then ok "check-chaos.sh"; else not_ok "check-chaos.sh" "see above"; fi

step ""
echo
printf '%s\n' "${steps[@]}"
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
