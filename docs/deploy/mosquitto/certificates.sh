#!/bin/sh
# The certificates of a kit store's broker, by openssl alone. Keep this folder off the broker and off the network:
# whoever has ca.key can be any bridge. Explained in docs/mqtt.md.
#
#   certificates.sh FOLDER ca                     the authority (ten years) and an empty list of what is revoked
#   certificates.sh FOLDER broker NAME [ADDRESS]  the broker's: the name (and address) that bridges have as `host`
#   certificates.sh FOLDER issue NAME             for "kitstore", "BRIDGE", "BRIDGE/dock/DOCK", "BRIDGE/reader/STATION"; again renews it
#   certificates.sh FOLDER revoke NAME            none of NAME's is good any more, once the broker has the new ca.crl
#   certificates.sh FOLDER crl                    sign the list anew: it is good for 90 days, and then nobody gets in
set -eu
umask 077
[ $# -ge 2 ] || { sed -n '2,11p' "$0" >&2; exit 2; }
folder=$1 act=$2
shift 2
mkdir -p "$folder"
cd "$folder"
DAYS=${DAYS:-397} # of broker, bridges and docks

cat > ca.conf <<'CONF'
[ca]
default_ca = kit
[kit]
database = index.txt
new_certs_dir = issued
certificate = ca.pem
private_key = ca.key
crlnumber = crlnumber
default_md = sha256
default_crl_days = 90
policy = names
unique_subject = no
rand_serial = yes
copy_extensions = none
[names]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[broker]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${ENV::ALSO}
CONF
export ALSO="DNS:unused"

new_crl() {
    openssl ca -config ca.conf -gencrl -out ca.crl 2> openssl.log || { cat openssl.log >&2; exit 1; }
}

# sign FILE COMMON_NAME SECTION: a new key and a certificate for it
sign() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    # a slash in a name is written \/ : openssl divides at slashes
    openssl req -new -key "$1.key" -subj "/CN=$(printf %s "$2" | sed 's,/,\\/,g')" -out "$1.csr"
    openssl ca -batch -notext -config ca.conf -extensions "$3" -days "$DAYS" -in "$1.csr" -out "$1.pem" 2> openssl.log ||
        { cat openssl.log >&2; exit 1; }
    rm "$1.csr"
    chmod 644 "$1.pem"
}

# "medway/dock/rack-1" is kept in medway.dock.rack-1.pem
file_of() { printf %s "$1" | tr / .; }

case $act in
ca)
    [ ! -e ca.key ] || { echo "$folder: there is an authority already" >&2; exit 1; }
    mkdir -p issued
    : > index.txt
    echo 1000 > crlnumber
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -new -x509 -config ca.conf -extensions authority -key ca.key -days 3650 -subj "/CN=Kit store broker CA" -out ca.pem
    new_crl
    chmod 644 ca.pem ca.crl
    ;;
broker)
    ALSO="DNS:$1${2:+,IP:$2}"
    sign broker "$1" broker
    ;;
issue)
    case $1 in *[!A-Za-z0-9._/-]* | "") echo "NAME: expected letters, digits and . _ - / alone, got $1" >&2; exit 2 ;; esac
    sign "$(file_of "$1")" "$1" client
    ;;
revoke)
    # column 1 is V for what is valid, 4 its serial number, 6 its name
    serials=$(awk -F '\t' -v name="/CN=$1" '{ gsub(/\\\//, "/", $6) } $1 == "V" && $6 == name { print $4 }' index.txt)
    [ -n "$serials" ] || { echo "$1: no certificate of this name is valid" >&2; exit 1; }
    for serial in $serials; do
        openssl ca -config ca.conf -revoke "issued/$serial.pem" 2> openssl.log || { cat openssl.log >&2; exit 1; }
    done
    new_crl
    ;;
crl) new_crl ;;
*) sed -n '2,11p' "$0" >&2; exit 2 ;;
esac
