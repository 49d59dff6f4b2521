#!/usr/bin/env bash
# Prints where cargo puts what it builds.
set -euo pipefail
. "$(dirname "$0")/common.sh"
target_dir
