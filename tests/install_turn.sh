#!/bin/sh
# The tests of relayed calls run a real TURN server: installs Debian's coturn if the machine has none.
set -eu
command -v turnserver >/dev/null && exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
echo "· installing coturn for the tests of relayed calls"
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends coturn >/dev/null || {
    echo "could not install coturn; install it with your package manager and try again" >&2
    exit 1
}
