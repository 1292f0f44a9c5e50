#!/bin/sh
# Builds the Python wheel and runs the package's tests against it in a fresh virtual environment.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$root/python" "$work/source"
"${PYTHON:-python3}" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work/dist" "$work/source"
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$work"/dist/session_lock-*.whl
# The tests alone, so that they meet the installed package and not the source.
cp -r "$root/python/tests" "$work/tests"
cd "$work"
venv/bin/python -m unittest discover -t . -s tests
venv/bin/python - <<'PYTHON'
import importlib.metadata
import pathlib

import session_lock

package = pathlib.Path(session_lock.__file__).parent
assert "site-packages" in str(package), package
assert (package / "py.typed").exists()
assert importlib.metadata.version("session-lock") == session_lock.__version__
PYTHON
echo "session-lock: the wheel works: $(ls "$work"/dist)"
