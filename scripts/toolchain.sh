#!/usr/bin/env bash
# Installs what a machine lacks to build Signet, and nothing else. Quick when nothing is missing.
#
#   scripts/toolchain.sh         to build and run
#   scripts/toolchain.sh --test  also what the tests need
set -euo pipefail
. "$(dirname "$0")/common.sh"

TRUNK=0.21.14
BINARYEN=132.0.0
NEXTEST=0.9.143
AXE=4.14.1
FEEDPARSER=6.0.14
ICALENDAR=7.3.2
DKIMPY=1.1.8

# Link-time optimisation of a tool costs minutes and gains nobody anything.
install_tool() {
    say "building $1 $2 (once)"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install --quiet --root "$tools" "$1" --version "$2" "${@:3}" </dev/null
}

compiler() {
    have cargo || fail "Rust is missing: install it from https://rustup.rs, then run this again"
    have cc || packages gcc libc6-dev
    have make || packages make
    have pkg-config || packages pkg-config
}

node() {
    if ! have node || ! have npm; then
        packages nodejs npm
    fi
}

wasm_target() {
    [ -f "$cache/wasm.env" ] && return
    local sysroot
    sysroot=$(rustc --print sysroot)
    [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ] && return
    say "adding the target wasm32-unknown-unknown"
    if have rustup && rustup target add wasm32-unknown-unknown </dev/null >&2; then
        return
    fi
    debian_wasm
}

# Where rustup cannot download: Debian's compiler for the browser, which brings the sources of the standard library.
debian_wasm() {
    have rustup || fail "rustup is needed to use Debian's compiler for wasm32"
    packages rustc-web cargo-web rust-web-src lld-19
    rustup toolchain link debian /usr
    mkdir -p "$cache"
    cat >"$cache/wasm.env" <<'ENV'
export RUSTUP_TOOLCHAIN=debian RUSTC_BOOTSTRAP=1
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
ENV
}

trunk_tool() {
    have trunk && [ "$(trunk --version)" = "trunk $TRUNK" ] && return
    install_tool trunk "$TRUNK" --locked
}

# wasm-bindgen and its command must be of one version. Not --locked: its lock file names crates that are gone.
bindgen_tool() {
    local wanted
    wanted=$(locked_version wasm-bindgen)
    have wasm-bindgen && [ "$(wasm-bindgen --version)" = "wasm-bindgen $wanted" ] && return
    install_tool wasm-bindgen-cli "$wanted"
}

npm_package() {
    say "installing $1 (once)"
    mkdir -p "$npm_home"
    npm install --silent --no-fund --no-audit --prefix "$npm_home" "$1" </dev/null >&2
}

optimiser() {
    have wasm-opt || npm_package "binaryen@$BINARYEN" || true
    have wasm-opt || packages binaryen
}

# What reads our feeds, calendars and signatures in stories, in a Python of its own.
readers() {
    "$SIGNET_TEST_PYTHON" -c 'import feedparser, icalendar, dkim' 2>/dev/null && return
    say "installing feedparser $FEEDPARSER, icalendar $ICALENDAR and dkimpy $DKIMPY (once)"
    python3 -m venv "$cache/python"
    "$cache/python/bin/pip" install --quiet --disable-pip-version-check \
        "feedparser==$FEEDPARSER" "icalendar==$ICALENDAR" "dkimpy==$DKIMPY" </dev/null >&2
}

test_tools() {
    have cargo-nextest || install_tool cargo-nextest "$NEXTEST" --locked
    have brotli || packages brotli
    have chromium || packages chromium
    have chromedriver || packages chromium-driver
    have pdftotext || packages poppler-utils
    [ -f "$SIGNET_TEST_AXE" ] || npm_package "axe-core@$AXE"
    # Stories stop servers of their own, so the programs are needed also where a service runs already.
    [ -n "$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null)" ] || packages postgresql
    have redis-server || packages redis-server
    [ -x /usr/lib/kannel/test/fakesmsc ] || packages kannel kannel-extras
    [ -x /usr/sbin/nginx ] || have nginx || packages nginx-light
    have setpriv || packages util-linux
    have python3 || packages python3
    have curl || packages curl ca-certificates
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages python3-venv
    readers
}

compiler
node
wasm_target
trunk_tool
bindgen_tool
optimiser
[ "${1:-}" = --test ] && test_tools
say "tools are ready"
