#!/bin/sh
# The storage tests run on real servers, too: installs Debian's PostgreSQL and MariaDB if the machine has none.
set -eu
missing=""
{ command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1 || missing="$missing postgresql"
{ command -v mariadbd || ls /usr/sbin/mariadbd; } >/dev/null 2>&1 || missing="$missing mariadb-server"
[ -z "$missing" ] && exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
echo "· installing for the storage tests:$missing"
# The tests start servers of their own: none is to run beside them.
$as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "could not install$missing; install them with your package manager and try again" >&2
    exit 1
}
