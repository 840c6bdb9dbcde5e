#!/usr/bin/env bash
# A token for Kafka's OAUTHBEARER as it is out of the box, for tests: a JWT that nobody signed.
#
#   jwt.sh SUBJECT [SECONDS]    for so long from now (3600); below zero: one that is over
set -euo pipefail

base64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

if [[ ! ${1:-} || $1 == help || ! ${2:-0} =~ ^-?[0-9]+$ ]]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  [[ ${1:-} == help ]]
  exit
fi
subject=${1//\\/\\\\}
now=$(date +%s)
printf '%s.%s.\n' "$(printf '{"alg":"none"}' | base64url)" \
  "$(printf '{"sub":"%s","iat":%d,"exp":%d}' "${subject//\"/\\\"}" "$now" $((now + ${2:-3600})) | base64url)"
