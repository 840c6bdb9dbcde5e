#!/usr/bin/env bash
# Every operation of the administration against a real Kafka of three nodes: what it makes, changes, tells and deletes.
#
#   check-admin.sh                     needs Java and Maven, or Debian and root: see kafka.sh
#
# It uses the three nodes that answer on localhost:19192, 19292 and 19392, with delegation tokens if 19194 answers too; if none does, it starts them
# and stops them again. Environment: KAFKA_VERSION and others of kafka.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

started=0
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  if [[ $started == 1 ]]; then scripts/kafka.sh down 1 2 3; fi
}
trap clean_up EXIT
trap "exit 130" INT TERM

cargo test --quiet --test admin --no-run
if answers 19192; then
  echo "using the Kafka on localhost:19192"
else
  started=1
  scripts/kafka.sh cluster secure
fi
export MILENA_ADMIN_BOOTSTRAP=localhost:19192,localhost:19292,localhost:19392
if answers 19194; then export MILENA_ADMIN_SASL=localhost:19194; fi
cargo test --test admin -- --include-ignored
