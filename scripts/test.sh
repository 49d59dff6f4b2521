#!/usr/bin/env bash
# The whole gate. Each step is named and timed; a step that fails does not hide the ones after it.
# The last line is `N passed, N failed`, and the exit code says the same.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

passed=0
failed=0
report=()

# Runs one step, counts it, goes on.
step() {
    local name=$1 start=$SECONDS outcome
    shift
    say "$name"
    # In a shell of its own, where the first failure ends the step: `set -e` does not reach into a condition.
    set +e
    (set -e; "$@")
    outcome=$?
    set -e
    if [ $outcome = 0 ]; then
        passed=$((passed + 1))
        report+=("$(printf '  ok      %4ds  %s' $((SECONDS - start)) "$name")")
    else
        failed=$((failed + 1))
        report+=("$(printf '  FAILED  %4ds  %s' $((SECONDS - start)) "$name")")
    fi
}

# A step without which nothing after it can run.
need() {
    local before=$failed
    step "$@"
    [ "$failed" = "$before" ] || finish
}

finish() {
    trap - EXIT
    stop_services
    printf '\n'
    printf '%s\n' "${report[@]}"
    printf '%s\n' "${ran[@]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
    exit
}

# Adds the tests that nextest ran to the counts, and says on which databases and browsers.
count_tests() {
    local junit sums
    junit=target/nextest/gate/junit.xml
    [ -f "$junit" ] || return 0
    sums=$(python3 scripts/junit.py "$junit")
    passed=$((passed + $(echo "$sums" | awk '/^passed/ { print $2 }')))
    failed=$((failed + $(echo "$sums" | awk '/^failed/ { print $2 }')))
    while IFS= read -r line; do ran+=("$line"); done < <(echo "$sums" | grep '^tests')
}

tests() {
    rm -f target/nextest/gate/junit.xml
    cargo nextest run --workspace --profile gate --no-tests=fail
}

ran=()
. scripts/services.sh
# Should a service not start, that too is a failure with a closing line.
trap 'failed=$((failed + 1)); report+=("  FAILED         stopped early"); finish' EXIT

need "tools" scripts/toolchain.sh --test
step "format" cargo fmt --all --check
postgres_service
mysql_service
redis_service
export SIGNET_TEST_DATABASES=sqlite,postgres,mysql
ran+=("$(service_versions)")
ran+=("browsers:  $(chromium --version 2>/dev/null | head -n 1)")
need "web bundles" scripts/web.sh
step "bundle sizes" scripts/web_size.sh
# With the features of the whole workspace, so that the tests do not build everything a second time.
need "server binary" cargo build --workspace --bin signet
step "clippy, host" scripts/lint.sh host
step "clippy, wasm32" scripts/lint.sh wasm
step "tests: unit, integration on three databases, browser stories, house" tests
count_tests
# The workspace has the pages of the server only: what the console reckons is compiled for it alone. They are counted as one.
step "tests: the console's own" cargo nextest run --package web --features admin --lib --no-tests=fail
step "schemathesis" scripts/schemathesis.sh
finish
