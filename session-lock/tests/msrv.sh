#!/bin/sh
# Builds both crates with the oldest Rust that they promise (rust-version in Cargo.toml), with every feature, on dependencies that
# this Rust can build. The workspace's other crate needs a newer one, so this works on a copy.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
copy=$target/session-lock-msrv
msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/session-lock/Cargo.toml").0

rustup toolchain list | grep -q "^$msrv" || rustup toolchain install "$msrv" --profile minimal
rm -rf "$copy/session-lock" "$copy/session-lock-macros"
mkdir -p "$copy"
for crate in session-lock session-lock-macros; do
    mkdir "$copy/$crate"
    cp -r "$root/$crate/src" "$copy/$crate/"
    touch "$copy/$crate/README.md"
    # Without the development dependencies and the benchmark: the promise is about users' builds.
    sed '/^\[dev-dependencies\]/,/^$/d; /dev-dependencies\]/,/^$/d; /^\[\[test\]\]/,/^$/d; /^\[\[bench\]\]/,/^$/d' "$root/$crate/Cargo.toml" >"$copy/$crate/Cargo.toml"
done
printf '[workspace]\nmembers = ["session-lock", "session-lock-macros"]\nresolver = "2"\n' >"$copy/Cargo.toml"
cd "$copy"
CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback cargo generate-lockfile --quiet
for features in "" "--all-features"; do
    # shellcheck disable=SC2086
    CARGO_TARGET_DIR=$copy/target cargo "+$msrv" check --quiet --locked --workspace $features
done
echo "session-lock: Rust $msrv builds it"
