#!/usr/bin/env bash
# GSSAPI against a throw-away KDC on loopback, which is stopped again. Installs Debian's krb5 packages if they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PATH:/usr/sbin
port=${KDC_PORT:-18889} realm=TEST.LOCAL folder=$(mktemp -d)

if ! command -v krb5kdc >/dev/null || [[ ! -f /usr/include/gssapi/gssapi.h ]] || ! compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    krb5-kdc krb5-admin-server krb5-user libkrb5-dev libclang-dev pkg-config >/dev/null
fi

kdc=
trap '[[ -z $kdc ]] || kill "$kdc" 2>/dev/null || true; rm -rf "$folder"' EXIT

cat >"$folder/krb5.conf" <<X
[libdefaults]
  default_realm = $realm
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  $realm = {
    kdc = 127.0.0.1:$port
  }
[domain_realm]
  localhost = $realm
X
cat >"$folder/kdc.conf" <<X
[kdcdefaults]
  kdc_listen = 127.0.0.1:$port
  kdc_tcp_listen = 127.0.0.1:$port
[realms]
  $realm = {
    database_name = $folder/principal
    key_stash_file = $folder/stash
    acl_file = $folder/acl
    max_life = 1h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:$folder/kdc.log
X
: >"$folder/acl"
mkdir -m 700 "$folder/tickets"
# A collection of caches, so that one process can be several clients. No replay cache: both sides are one process.
export KRB5_CONFIG=$folder/krb5.conf KRB5_KDC_PROFILE=$folder/kdc.conf KRB5CCNAME=DIR:$folder/tickets KRB5RCACHENAME=none:
export KRB5_KTNAME=$folder/kafka.keytab KRB5_CLIENT_KTNAME=$folder/bob.keytab

kdb5_util create -s -r $realm -P masterpw >/dev/null
kadmin.local -q "addprinc -randkey kafka/localhost" >/dev/null
kadmin.local -q "ktadd -k $folder/kafka.keytab kafka/localhost" >/dev/null
for user in alice bob; do
  kadmin.local -q "addprinc -randkey $user" >/dev/null
  kadmin.local -q "ktadd -k $folder/$user.keytab $user" >/dev/null
done 2>/dev/null

krb5kdc -n >"$folder/out" 2>&1 &
kdc=$!
for _ in $(seq 50); do
  kinit -k -t "$folder/alice.keytab" alice 2>"$folder/kinit" && break
  kill -0 "$kdc" || { cat "$folder/out"; exit 1; }
  sleep 0.1
done
klist -s || { cat "$folder/kinit" "$folder/kdc.log"; exit 1; }

cargo test --package milena --no-default-features --features gssapi --lib --test gssapi "$@"
