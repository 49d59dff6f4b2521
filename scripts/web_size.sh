#!/usr/bin/env bash
# Prints what a browser downloads for each bundle, compressed with brotli (wasm + js + css), and fails above the limits.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

# Bytes of a bundle after compression.
weight() {
    local total=0 file size
    while IFS= read -r -d '' file; do
        size=$(brotli --quality=11 --stdout "$file" | wc -c)
        total=$((total + size))
    done < <(find "web/dist/$1" -type f \( -name '*.wasm' -o -name '*.js' -o -name '*.css' \) -print0)
    echo "$total"
}

within() {
    local bytes limit=$2
    bytes=$(weight "$1")
    [ "$bytes" -gt 0 ] || fail "web/dist/$1 is empty: run scripts/web.sh"
    printf 'bundle %-7s %6.1f KiB brotli (wasm + js + css), at most %d KiB\n' "$1" "$(echo "$bytes" | awk '{ print $1 / 1024 }')" "$limit"
    [ "$bytes" -le $((limit * 1024)) ]
}

fine=0
within status 150 || fine=1
within admin 600 || fine=1
exit $fine
