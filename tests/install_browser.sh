#!/bin/sh
# The browser tests drive a real Chromium and a real Firefox: installs Debian's where the machine has none, and letters
# for the Chinese pages, without which their pictures would show boxes.
set -eu
has() {
    for name in "$@"; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}
wanted=""
has chromium chromium-browser google-chrome || wanted="$wanted chromium"
has firefox-esr firefox || wanted="$wanted firefox-esr"
has fc-list && [ -n "$(fc-list :lang=zh family)" ] || wanted="$wanted fontconfig fonts-wqy-microhei"
[ -n "$wanted" ] || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
echo "· installing what the browser tests need:$wanted"
# shellcheck disable=SC2086
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $wanted >/dev/null || {
    echo "could not install$wanted; install it with your package manager and try again" >&2
    exit 1
}
