# shellcheck shell=bash
# What the other scripts share: where things are, how they speak, how they install. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools are kept outside the repository, so that a second clone finds them.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/signet
tools=$cache/tools
npm_home=$cache/npm
export PATH="$tools/bin:$npm_home/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
# The checker of accessibility that browser stories load.
export SIGNET_TEST_AXE=${SIGNET_TEST_AXE:-$npm_home/node_modules/axe-core/axe.min.js}
# The Python whose readers of feeds and calendars judge ours.
export SIGNET_TEST_PYTHON=${SIGNET_TEST_PYTHON:-$cache/python/bin/python}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

say() { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
fail() {
    printf '\033[31m✗ %s\033[0m\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root; says so where that is not possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "root is needed for: $*"
    fi
}

# Installs those of the named Debian packages that are missing.
packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return
    have apt-get || fail "please install: ${missing[*]}"
    say "installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >&2
}

# A port on loopback that nobody listens on.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Where cargo puts what it builds.
target_dir() {
    (cd "$root" && cargo metadata --format-version 1 --no-deps --offline 2>/dev/null || cd "$root" && cargo metadata --format-version 1 --no-deps) |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p' | head -n 1
}

# The version that Cargo.lock holds of a crate.
locked_version() {
    awk -v name="\"$1\"" '$1 == "name" && $3 == name { getline; gsub(/"/, "", $3); print $3; exit }' "$root/Cargo.lock"
}

# What the compiler for the browser needs when rustup could not give the target (written by toolchain.sh).
wasm_environment() {
    if [ -f "$cache/wasm.env" ]; then
        # shellcheck disable=SC1091
        . "$cache/wasm.env"
    fi
}
