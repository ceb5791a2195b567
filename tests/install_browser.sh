#!/bin/sh
# The browser tests drive a real Chromium: installs Debian's if the machine has none.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
echo "· installing Chromium for the browser tests"
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null || {
    echo "could not install Chromium; install it with your package manager and try again" >&2
    exit 1
}
