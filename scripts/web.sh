#!/usr/bin/env bash
# Builds the two bundles the browser loads into web/dist/{status,admin}; does nothing when their sources are unchanged.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

stamp=web/dist/.stamp
mkdir -p web/dist "$cache"
# Two builds at once would write into the same folder.
exec 9>"$cache/web.lock"
flock 9

# By content and not by time: a fresh clone and a switched branch have new times on old files.
fingerprint() {
    find web shared .cargo trunk.toml Cargo.toml Cargo.lock -type f -not -path 'web/dist/*' -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

bundle() {
    say "building the $2 (web/$1.html)"
    trunk --config trunk.toml build "web/$1.html" --dist "web/dist/$1" --release
}

now=$(fingerprint)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -f web/dist/status/index.html ] && [ -f web/dist/admin/index.html ]; then
    say "web bundles are fresh"
    exit 0
fi
wasm_environment
rm -f "$stamp"
# Trunk builds offline, so that it downloads no tools of its own; the crates have to be there already.
cargo fetch --locked
bundle status "public page"
bundle admin "console"
echo "$now" >"$stamp"
