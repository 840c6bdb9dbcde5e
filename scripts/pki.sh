#!/usr/bin/env bash
# Certificates and keys for tests, under .kafka/pki: made when they are missing, kept otherwise.
#
#   pki.sh                      prints the folder
#   pki.sh new                  makes all of them anew; what is up keeps the old ones until it is started again
#
#   ca.pem                      the authority that signed all but the last two
#   server.crt  server.key      for localhost and 127.0.0.1
#   client.crt  client.key      for alice, CN=alice
#   expired.crt expired.key     for localhost, over since 2021
#   otherhost.crt ...           for other.example
#   other-ca.pem                an authority that no broker trusts
#   other-client.crt ...        for alice, signed by that one
#
# Keys are P-256 in PKCS #8, without a password. NAME.pem is NAME.key and NAME.crt together, a key store for Java.
# Environment: KAFKA_STATE (an absolute path; .kafka in the repository). On Debian, as root, it installs openssl if it is missing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

pki=$state/pki

authority() { # authority NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=milena $1" \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$1.key" -out "$1.pem" 2>>log
}

signed() { # signed AUTHORITY NAME COMMON_NAME ALTERNATIVE_NAMES [FROM TO]: times as YYYYMMDDHHMMSSZ
  local authority=$1 name=$2 common_name=$3 alternative_names=$4 from=${5:-} to=${6:-}
  local times=(-days 3650)
  # `openssl x509` of OpenSSL 3.0 takes no dates; `openssl ca` does, and wants a data base for it.
  if [[ $from ]]; then times=(-startdate "$from" -enddate "$to"); fi
  : >index
  mkdir -p issued
  cat >ca.cnf <<C
[ca]
default_ca = this
[this]
database = index
new_certs_dir = issued
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $alternative_names
C
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$common_name" -keyout "$name.key" -out request 2>>log
  openssl ca -batch -notext -config ca.cnf -cert "$authority.pem" -keyfile "$authority.key" -in request -out "$name.crt" "${times[@]}" 2>>log
  cat "$name.key" "$name.crt" >"$name.pem"
}

make_all() {
  need openssl openssl
  rm -rf "$pki.part"
  mkdir -p "$pki.part"
  (
    cd "$pki.part"
    trap '[[ $? == 0 ]] || cat log >&2' EXIT
    authority ca
    authority other-ca
    signed ca server localhost DNS:localhost,IP:127.0.0.1
    signed ca expired localhost DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
    signed ca otherhost other.example DNS:other.example
    signed ca client alice DNS:alice.example
    signed other-ca other-client alice DNS:alice.example
    rm -rf log request ca.cnf index* issued
  )
  rm -rf "$pki"
  mv "$pki.part" "$pki"
}

case ${1:-} in
  "") [[ -d $pki ]] || make_all; echo "$pki" ;;
  new) make_all; echo "$pki" ;;
  *) usage; [[ $1 == help ]] ;;
esac
