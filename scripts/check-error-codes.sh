#!/usr/bin/env bash
# Compares the error codes in wire/src/error_code.rs with those of Kafka's own client: number, name, whether it is retriable.
# The jars come by Maven through kafka.sh; KAFKA_VERSION chooses another release, which may know more or fewer codes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scripts/kafka.sh java scripts/java/ErrorCodes.java | sort -n >"$work/kafka"
cargo run --quiet -p milena-wire --example error_codes >"$work/milena"
if ! diff -u --label kafka --label milena "$work/kafka" "$work/milena"; then
  echo "not ok - the error codes of milena are not those of Kafka (lines with - are Kafka's)" >&2
  exit 1
fi
echo "ok - $(wc -l <"$work/kafka") error codes are those of Kafka ${KAFKA_VERSION:-4.3.1}"
