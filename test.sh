#!/usr/bin/env bash
# Runs all tests, after installing what they need beside Rust.
set -euo pipefail
cd "$(dirname "$0")"

for setup in */tests/setup.sh; do
    if [ -f "$setup" ]; then
        sh "$setup"
    fi
done

cargo test --workspace --all-features
