#!/bin/sh
# Fetches Debian's package prometheus and unpacks it into a folder, without installing anything: for the test that lets a
# real Prometheus scrape the gateway. Needs Debian or Ubuntu and their package lists (as root it updates them once).
#   deploy/fetch-prometheus.sh FOLDER      then FOLDER/usr/bin has prometheus and promtool
set -eu
folder=$1
command -v apt-get dpkg-deb >/dev/null || { echo 'this needs apt-get and dpkg-deb' >&2; exit 1; }
known() { apt-cache show prometheus >/dev/null 2>&1; }
known || { [ "$(id -u)" = 0 ] && apt-get -qq update; } || true
known || { echo 'no package list knows prometheus' >&2; exit 1; }
mkdir -p "$folder"
cd "$folder"
apt-get -qq download prometheus
dpkg-deb --extract prometheus_*.deb .
rm -f prometheus_*.deb
