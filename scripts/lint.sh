#!/usr/bin/env bash
# Clippy without a warning: `lint.sh host` for what runs here, `lint.sh wasm` for what runs in a browser.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

case "${1:-host}" in
host)
    cargo clippy --workspace --all-targets --quiet -- -D warnings
    ;;
wasm)
    wasm_environment
    # Apart: the public bundle must compile without what only the console uses.
    cargo clippy --package web --lib --bin status --features csr --target wasm32-unknown-unknown --quiet -- -D warnings
    cargo clippy --package web --lib --bin admin --features admin --target wasm32-unknown-unknown --quiet -- -D warnings
    ;;
*) fail "host or wasm" ;;
esac
