#!/usr/bin/env bash
# The metrics of a client as a real Prometheus sees them: the alerts against promtool and their tests, the text of the example `metrics`,
# every query of the dashboard, and the alert for an open circuit breaker, which must fire when the broker is stopped and go when it is back.
#
#   check-prometheus.sh      needs prometheus, curl and jq, or Debian and root: it installs their packages
#
# The broker is milena-broker with one node, in a process of its own; nothing listens but on 127.0.0.1. It takes about a minute.
set -euo pipefail
export LC_ALL=C # the decimal point of the clock
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR
source scripts/common.sh

if [[ $# -gt 0 ]]; then usage; exit 1; fi
need promtool prometheus
need prometheus prometheus
need curl curl
need jq jq

work=$(mktemp -d)
declare -A pids=()
end() { # end NAME: what was started under this name
  local pid=${pids[$1]:-}
  unset "pids[$1]"
  if [[ $pid ]]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
}
# shellcheck disable=SC2329 # the trap calls it
clean_up() {
  local name
  for name in "${!pids[@]}"; do end "$name"; done
  rm -rf "$work"
}
trap clean_up EXIT
trap "exit 130" INT TERM

begin() { # begin NAME COMMAND...: its output goes to $work/NAME
  local name=$1
  shift
  "$@" >"$work/$name" 2>&1 </dev/null &
  pids[$name]=$!
}
until_so() { # until_so SECONDS WHAT COMMAND...: prints how long it took
  local limit=$1 what=$2 began=$EPOCHREALTIME
  shift 2
  until "$@"; do
    if awk "BEGIN {exit $EPOCHREALTIME - $began < $limit}"; then
      tail -n 20 "$work"/{broker,example,prometheus.log} >&2 2>/dev/null || true
      die "not within $limit s: $what"
    fi
    sleep 0.2
  done
  awk "BEGIN {printf \"ok - %s, after %.1f s\n\", \"$what\", $EPOCHREALTIME - $began}"
}

promtool check rules compose/prometheus/alerts.yml >"$work/rules" || { cat "$work/rules"; exit 1; }
echo "ok - $(grep -c '^ *- alert:' compose/prometheus/alerts.yml) alerts are rules that Prometheus takes"
promtool check config compose/prometheus/prometheus.yml >"$work/config" || { cat "$work/config"; exit 1; }
promtool test rules compose/prometheus/alerts.test.yml >"$work/tests" 2>&1 || { cat "$work/tests"; exit 1; }
echo "ok - the alerts fire, and do not fire, as their tests say"

cargo build --quiet -p milena-broker --bin milena-broker
cargo build --quiet -p milena --example metrics
programs=${CARGO_TARGET_DIR:-$PWD/target}/debug

# What one of them prints when it has begun to listen.
address_in() { sed -nE "s|.*$2([0-9.]+:[0-9]+).*|\1|p;T;q" "$work/$1"; } # address_in NAME TEXT BEFORE IT
has_address() { [[ $(address_in "$1" "$2") ]]; }

# A single node: a cluster of several would no longer name the one that is gone, and nothing would be wrong.
begin broker "$programs/milena-broker" --port 0
until_so 10 "the broker listens" has_address broker bootstrap.servers=
broker=$(address_in broker bootstrap.servers=)
begin example "$programs/examples/metrics" --bootstrap "$broker" --listen 127.0.0.1:0 --deadline 2000
until_so 10 "the example serves its metrics" has_address example http://
target=$(address_in example http://)
curl -sSf "http://$target/metrics" >"$work/text"
promtool check metrics <"$work/text" >"$work/lint" 2>&1 || { cat "$work/lint"; exit 1; }
echo "ok - $(grep -c '^# TYPE' "$work/text") metrics, $(grep -vc '^#' "$work/text") series, and promtool finds no fault with them"
[[ $(curl -s -o /dev/null -w '%{http_code}' "http://$target/nothing") == 404 ]] || die "the example answers what it does not have"

# The alerts as they are, but for the time that they wait: that is the same for all here.
mkdir "$work/prometheus"
sed 's/for: [0-9]*m$/for: 3s/' compose/prometheus/alerts.yml >"$work/prometheus/alerts.yml"
cat >"$work/prometheus/prometheus.yml" <<YAML
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: milena
    static_configs: [{targets: ["$target"]}]
YAML
for ((port = 29090; port < 29190; port++)); do answers "$port" || break; done
begin prometheus.log prometheus --config.file="$work/prometheus/prometheus.yml" --storage.tsdb.path="$work/prometheus/data" \
  --web.listen-address="127.0.0.1:$port"
ask() { # ask PATH ARGS...: Prometheus, as JSON
  curl -sS --max-time 5 --get "http://127.0.0.1:$port/api/v1/$1" "${@:2}" 2>/dev/null
}
value() { ask query --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }
is() { [[ $(value "$1") == "$2" ]]; } # is QUERY VALUE
until_so 30 "Prometheus reads the example" is 'up{job="milena"}' 1
firing() { ask alerts | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname' | sort -u; }
fires() { grep -qx "$1" <<<"$(firing)"; }
is_quiet() { [[ -z $(firing) ]]; }
does_not_fire() { ! fires "$1"; }

# Rates need a few points.
until_so 30 "requests are answered" is 'sum(rate(milena_requests_total[15s])) > bool 50' 1
until_so 30 "and none fails" is 'sum(increase(milena_request_errors_total[15s]))' 0
is_quiet || die "with nothing wrong these fire: $(firing)"
echo "ok - nothing fires while all is well"

# What Grafana would put in.
queries=0
while IFS= read -r query; do
  asked=${query//\$__rate_interval/15s}
  asked=${asked//\$client/.*} asked=${asked//\$api/.*}
  answer=$(ask query --data-urlencode "query=$asked")
  [[ $(jq -r .status <<<"$answer") == success ]] || die "the dashboard asks what Prometheus refuses: $query: $answer"
  [[ $(jq '.data.result | length' <<<"$answer") -gt 0 ]] || die "nothing answers a query of the dashboard: $query"
  queries=$((queries + 1))
done < <(jq -r '.panels[].targets[]?.expr' compose/grafana/dashboards/milena.json)
[[ $queries -gt 30 ]] || die "the dashboard has only $queries queries"
echo "ok - $queries queries of the dashboard, each with an answer"

end broker
until_so 60 "the broker is stopped: its circuit breaker opens" is 'min(milena_breaker_state{state="closed"})' 0
until_so 60 "and the alert for it fires" fires MilenaBreakerOpen
until_so 60 "so does the one for a broker that is down" fires MilenaBrokerDown
ask alerts | jq -r '.data.alerts[] | select(.labels.alertname == "MilenaBreakerOpen") | "#   \(.annotations.summary)\n#   \(.annotations.description)"'

begin broker "$programs/milena-broker" --port "${broker##*:}"
until_so 60 "the broker is back: the circuit breaker closes" is 'min(milena_breaker_state{state="closed"})' 1
until_so 60 "and the alert goes" does_not_fire MilenaBreakerOpen
until_so 60 "so does the other" does_not_fire MilenaBrokerDown
