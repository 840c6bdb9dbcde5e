#!/usr/bin/env bash
# The same work through milena, other clients and bare sockets, in turn; tables of medians, raw lines, charts. See README.md.
#
#   run.sh                        everything: builds every peer, starts a Kafka unless one is up, 5 rounds; `--list` says how long it takes
#   run.sh --list                 the cases, their peers, and how long they take
#   run.sh --cases 'produce-*' --peers milena,base --rounds 3
#   run.sh --smoke                milena, bare sockets and one other client, few records, on the embedded broker: that all of this works
#   run.sh --table FILE...        tables of earlier runs
#   run.sh --help                 every option
#
# On Debian, as root, it installs what is missing: Python 3, for rdkafka cmake and libcurl4-openssl-dev, for Kafka Java and Maven
# (scripts/kafka.sh), for franz-go Go 1.26 (scripts/others.sh).
# Environment: CARGO_TARGET_DIR (where the peers are built; bench/peers/target), KAFKA_STATE (see scripts/kafka.sh).
set -euo pipefail
# shellcheck source=SCRIPTDIR/../scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
need python3 python3
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/bench exec python3 -m runner "$@"
