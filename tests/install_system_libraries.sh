#!/bin/sh
# OpenCV's wheel asks for two shared libraries that a Debian or Ubuntu without a desktop lacks: installs them if they are missing.
set -eu
missing=""
for pair in libGL.so.1:libgl1 libglib-2.0.so.0:libglib2.0-0; do
    ldconfig -p 2>/dev/null | grep -q "${pair%%:*}" || missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
echo "· installing system libraries:$missing"
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "could not install$missing; install them with your package manager and try again" >&2
    exit 1
}
