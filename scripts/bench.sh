#!/usr/bin/env bash
# Brings up what is compared, then measures. Needs two cores that have nothing else to do.
#
#   scripts/bench.sh          everything; writes tests/load/results.md
#   scripts/bench.sh reads    one part: reads, start, publish, writes, mail, past or memory
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/services.sh"
cd "$root"

packages nginx-light wrk postfix util-linux
postgres_service
trap stop_services EXIT
cargo build --release --package load
"$(target_dir)/release/load" "$@"
