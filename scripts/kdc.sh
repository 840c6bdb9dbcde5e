#!/usr/bin/env bash
# A throw-away Kerberos KDC on this machine, of MIT's packages, for the realm MILENA.TEST. The state lies under .kafka/kdc.
#
#   kdc.sh up                   a fresh one on 127.0.0.1:18888, for principals kafka/localhost and alice; prints what to set for clients
#   kdc.sh env                  prints that again
#   kdc.sh login                gives alice a fresh ticket, in .kafka/kdc/tickets, which KRB5CCNAME names
#   kdc.sh down                 ends it; its files stay, so that brokers that know them start again
#   kdc.sh status               how it is
#
# Keys are in .kafka/kdc/kafka.keytab and .kafka/kdc/alice.keytab; alice's password is alice-secret. Tickets last an hour.
# `kafka.sh up` after it gives Kafka GSSAPI. Clients must dial localhost, for the broker is kafka/localhost.
#
# Environment: KAFKA_STATE (an absolute path; .kafka in the repository).
# On Debian, as root, it installs krb5-kdc, krb5-admin-server and krb5-user if they are missing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

kdc=$state/kdc
port=18888
realm=MILENA.TEST
export KRB5_CONFIG=$kdc/krb5.conf KRB5_KDC_PROFILE=$kdc/kdc.conf KRB5CCNAME=FILE:$kdc/tickets PATH=$PATH:/usr/sbin:/sbin

configure() {
  cat >"$kdc/krb5.conf" <<X
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  default_ccache_name = FILE:$kdc/tickets
  default_client_keytab_name = FILE:$kdc/alice.keytab
[realms]
  $realm = {
    kdc = 127.0.0.1:$port
  }
[domain_realm]
  localhost = $realm
X
  cat >"$kdc/kdc.conf" <<X
[kdcdefaults]
  kdc_listen = 127.0.0.1:$port
  kdc_tcp_listen = 127.0.0.1:$port
[realms]
  $realm = {
    database_name = $kdc/principal
    key_stash_file = $kdc/stash
    acl_file = $kdc/acl
    max_life = 1h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:$kdc/requests
X
  : >"$kdc/acl"
}

principals() {
  kdb5_util create -s -r "$realm" -P throw-away
  kadmin.local -q "addprinc -randkey kafka/localhost"
  kadmin.local -q "addprinc -pw alice-secret alice"
  kadmin.local -q "ktadd -norandkey -k $kdc/kafka.keytab kafka/localhost"
  kadmin.local -q "ktadd -norandkey -k $kdc/alice.keytab alice"
  # kadmin.local ends well whatever the query did.
  [[ -s $kdc/kafka.keytab && -s $kdc/alice.keytab ]]
}

up() {
  if alive "$kdc" >/dev/null; then return; fi
  if answers "$port"; then die "something else listens on port $port"; fi
  need krb5kdc krb5-kdc
  need kadmin.local krb5-admin-server
  need kinit krb5-user
  rm -rf "$kdc"
  mkdir -p "$kdc"
  configure
  principals >"$kdc/principals.log" 2>&1 || { cat "$kdc/principals.log" >&2; die "the KDC could not be made"; }
  launch "$kdc" krb5kdc -n -P "$kdc/krb5kdc.pid"
  await "$kdc" "the KDC" answers "$port"
  login
}

login() { kinit -k -t "$kdc/alice.keytab" alice && kvno -q kafka/localhost; }

environment() { printf 'export %s\n' "KRB5_CONFIG=$KRB5_CONFIG" "KRB5CCNAME=$KRB5CCNAME"; }

case ${1:-} in
  up) up; environment ;;
  env) environment ;;
  login) login ;;
  down) finish "$kdc" ;;
  status) echo "the KDC of $realm: 127.0.0.1:$port, $(how "$kdc")" ;;
  *) usage; [[ ${1:-} == help ]] ;;
esac
