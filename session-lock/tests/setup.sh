#!/bin/sh
# Installs what the tests of session-lock need beside cargo: strace, flock and setpriv of util-linux, and the Python peers of the
# interop matrix, each in a directory of its own under the target directory. Can be run again; does what is missing.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
peers=${SESSION_LOCK_PEERS:-${CARGO_TARGET_DIR:-$root/target}/session-lock-peers}
python=${PYTHON:-python3}

missing=""
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v flock >/dev/null 2>&1 || missing="$missing util-linux"
command -v setpriv >/dev/null 2>&1 || missing="$missing util-linux"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    apt-get update -q && apt-get install -q -y $missing
fi

"$python" -c 'import sys; assert sys.version_info >= (3, 11), "the newest filelock needs Python 3.11: set PYTHON"'
mkdir -p "$peers"
for peer in filelock==3.20.3 filelock==3.25.2 filelock==3.29.4 filelock==3.29.7 filelock==4.2.12 portalocker==3.2.0 fasteners==0.20; do
    [ -f "$peers/$peer/.complete" ] && continue
    rm -rf "${peers:?}/$peer"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$peers/$peer" "$peer"
    touch "$peers/$peer/.complete"
done
"$python" -c 'import sys; print(sys.executable)' >"$peers/python"
echo "session-lock: the peers are in $peers"
