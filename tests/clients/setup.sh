#!/bin/sh
# Installs the programs that tests/clients.rs drives: validators and readers of our formats, hook runners, a browser.
# They go below target/clients (or $TOCTOU_CLIENTS); Debian packages are installed by apt where something is missing.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
to=${TOCTOU_CLIENTS:-$here/target/clients}
mkdir -p "$to"

missing=""
for pair in xmllint:libxml2-utils chromium:chromium node:nodejs npm:npm git:git; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
python3 -c "import venv, ensurepip" 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
fi

[ -x "$to/venv/bin/python" ] || python3 -m venv "$to/venv"
"$to/venv/bin/pip" install -q --disable-pip-version-check \
    pre-commit prek pyyaml sarif-tools check-jsonschema junit2html ruff==0.14.* maturin ziglang

cat > "$to/package.json" <<'EOF'
{ "private": true, "dependencies": { "@microsoft/sarif-multitool": "5.7.0", "@umbrelladocs/rdformat-validator": "*" } }
EOF
npm install --silent --no-audit --no-fund --prefix "$to"
touch "$to/ready"
echo "clients are ready in $to"
