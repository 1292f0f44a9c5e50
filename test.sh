#!/usr/bin/env bash
# Runs all tests, after installing what they need beside Rust.
set -euo pipefail
cd "$(dirname "$0")"

sh session-lock/tests/setup.sh
sh tests/clients/setup.sh

cargo test --workspace --all-features
