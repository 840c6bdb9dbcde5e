#!/usr/bin/env bash
# Records of every sort by every codec, written by milena's producer and read by Kafka's console consumer, Java's consumer and kcat (librdkafka); theirs,
# by every codec, read by milena's consumer. All of them to the byte: partition, offset, timestamp, key, value, headers.
#
#   check-records.sh                   needs Java and Maven, kcat and a C compiler (for zstd), or Debian and root: see kafka.sh
#
# It uses the Kafka that answers on localhost:19092; if none does, it starts one and stops it again.
# Environment: RECORDS (300), how many by each codec; KAFKA_VERSION and others of kafka.sh.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export LC_ALL=C # sorting
cd "$root"

bootstrap=localhost:19092
records=${RECORDS:-300}
run=milena-records-$(date +%s)-$$ # a Kafka that is up already may hold topics of earlier runs
codecs=(none gzip snappy lz4 zstd)
work=$(mktemp -d)
started=0
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  if [[ $started == 1 ]]; then scripts/kafka.sh down 0; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap "exit 130" INT TERM

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $1"; head -n 20 <<<"$2" | cut -c 1-300 | sed 's/^/    /'; }
same_lines() { # same_lines WHAT COUNT EXPECTED_FILE FOUND_FILE: in any order
  local difference
  sort "$3" >"$3.sorted"
  sort "$4" >"$4.sorted"
  if [[ $(wc -l <"$3") != "$2" ]]; then
    not_ok "$1" "$(wc -l <"$3") records instead of $2; $(tail -n 15 "$work/err")"
  elif difference=$(diff --label expected --label found -U 0 "$3.sorted" "$4.sorted"); then
    ok "$1"
  else
    not_ok "$1" "$difference"$'\n'"$(tail -n 15 "$work/err")"
  fi
}
java_tool() { timeout --foreground 120 scripts/kafka.sh java "$@" 2>"$work/err"; }
milena() { timeout --foreground 120 "${CARGO_TARGET_DIR:-target}/debug/examples/records" "$1" --bootstrap "$bootstrap" "${@:2}" 2>"$work/err"; }

need kcat kcat
cargo build --quiet --features zstd --example records
if answers 19092; then
  echo "using the Kafka on $bootstrap"
else
  started=1
  scripts/kafka.sh up
fi

echo "# milena writes, each codec into a partition of its own, and what becomes of time by the broker's clock into another topic"
topic=$run-milena
for partition in "${!codecs[@]}"; do
  milena write --topic "$topic" --codec "${codecs[partition]}" --partition "$partition" --count "$records" >"$work/part" ||
    not_ok "milena writes ${codecs[partition]}" "$(tail -n 15 "$work/err")"
  cat "$work/part" >>"$work/written"
done
all=$((records * ${#codecs[@]}))
milena read --topic "$topic" >"$work/milena" || true
same_lines "milena's consumer reads what its producer wrote by each codec" "$all" "$work/written" "$work/milena"

java_tool scripts/java/Records.java consume "$bootstrap" "$work" "$topic" || true
same_lines "Java's consumer reads it" "$all" "$work/written" "$work/$topic.java"

java_tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$bootstrap" --topic "$topic" --from-beginning --max-messages "$all" \
  --timeout-ms 20000 --formatter-property print.timestamp=true --formatter-property print.partition=true --formatter-property print.offset=true \
  --formatter-property print.headers=true --formatter-property print.key=true >"$work/console" || true
# No key, value or header written here holds a tab, a colon or a comma.
awk -F '\t' -v OFS='\t' '{
  for (i = 1; i <= 3; i++) sub(/^[A-Za-z]+:/, "", $i)
  if ($4 == "NO_HEADERS") $4 = ""
  gsub(":", "=", $4)
  print $2, $3, $1, $5, $6, $4
}' "$work/console" >"$work/console.lines"
same_lines "Java's console consumer reads it" "$all" "$work/written" "$work/console.lines"

# The lengths %K and %S tell null, as -1, from empty; %h shows a header without a value as NULL.
{ kcat -b "$bootstrap" -C -t "$topic" -o beginning -e -q -f '%p\t%o\t%T\t%K\t%k\t%S\t%s\t%h\n' 2>"$work/err" || true; } | awk -F '\t' -v OFS='\t' '{
  gsub("=NULL", "=null", $8)
  print $1, $2, $3, $4 < 0 ? "null" : $5, $6 < 0 ? "null" : $7, $8
}' >"$work/kcat.lines"
same_lines "kcat reads it" "$all" "$work/written" "$work/kcat.lines"

milena write --topic "$run-clock" --append-time --codec lz4 --count "$records" >"$work/clock" || true
milena read --topic "$run-clock" >"$work/clock.milena" || true
same_lines "the time is the broker's, and told, where the topic wants that" "$records" "$work/clock" "$work/clock.milena"
java_tool scripts/java/Records.java consume "$bootstrap" "$work" "$run-clock" || true
same_lines "Java's consumer reads the same times" "$records" "$work/clock" "$work/$run-clock.java"

# Equal records would not show that a codec was ignored. Only a Kafka of kafka.sh's lets its files be read.
if [[ $(scripts/kafka.sh status) == *"node 0: $bootstrap, up, "* ]]; then
  segments=$(find "$state/node0/data" -path "*/$topic-*" -name '*.log' -size +0 | paste -s -d ,)
  java_tool org.apache.kafka.tools.DumpLogSegments --files "$segments" >"$work/dump" || true
  for partition in "${!codecs[@]}"; do
    found=$(awk -v here="/$topic-$partition/" '/^Dumping / {is = index($0, here)}
      is && match($0, /compresscodec: [a-z0-9]+/) {count++; print substr($0, RSTART + 15, RLENGTH - 15)}' "$work/dump" | sort | uniq -c)
    read -r count codec <<<"$found" || true
    if [[ $codec == "${codecs[partition]}" && $count -gt 1 ]]; then
      ok "$count batches in the log are ${codecs[partition]}"
    else
      not_ok "the batches in the log are ${codecs[partition]}" "$found"
    fi
  done
else
  echo "# not looked at: the codecs of the batches in the log of this Kafka, which is not one of kafka.sh"
fi

echo "# others write, milena reads"
topics=() # append-time: uncompressed, with the broker's timestamps
for codec in "${codecs[@]}" append-time; do topics+=("$run-java-$codec=$codec"); done
java_tool scripts/java/Records.java produce "$bootstrap" "$work" "$records" "${topics[@]}" || not_ok "Java writes" "$(tail -n 15 "$work/err")"
for codec in "${codecs[@]}" append-time; do
  topic=$run-java-$codec
  milena read --topic "$topic" >"$work/milena" || true
  same_lines "milena reads what Java wrote by $codec" "$records" "$work/$topic.java" "$work/milena"
done

# Lines of key:value with some of them empty, which is null with -Z.
for ((i = 0; i < records; i++)); do
  key=key-$i value="value $i ůň"
  if ((i % 7 == 3)); then key=; fi
  if ((i % 11 == 4)); then value=; fi
  printf '%s:%s\n' "$key" "$value"
done >"$work/lines"
awk -F : -v OFS='\t' '{print NR - 1, $1 == "" ? "null" : $1, $2 == "" ? "null" : $2, "trace=7f"}' "$work/lines" >"$work/expected"
for codec in "${codecs[@]}"; do
  topic=$run-kcat-$codec # it comes into being by being asked for, with one partition
  kcat -b "$bootstrap" -P -t "$topic" -p 0 -K : -Z -H trace=7f -z "$codec" -X linger.ms=20 <"$work/lines" 2>"$work/err" ||
    not_ok "kcat writes $codec" "$(tail -n 15 "$work/err")"
  milena read --topic "$topic" | cut -f 2,4- >"$work/milena" || true
  same_lines "milena reads what kcat wrote by $codec" "$records" "$work/expected" "$work/milena"
done

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
