#!/usr/bin/env bash
# Throws bounded, repeatable nonsense at every operation of openapi.json: no 5xx, no answer the document does not know.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

VERSION=4.32.5
EXAMPLES=${SIGNET_TEST_EXAMPLES:-15}
home=$cache/schemathesis-$VERSION

if [ ! -x "$home/bin/schemathesis" ] || [ ! -f "$home/.ready" ]; then
    say "installing schemathesis $VERSION (once)"
    python3 -m venv --clear "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION" </dev/null
    touch "$home/.ready"
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/signet-schemathesis.XXXXXX")
server=
finish() {
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

signet=$(target_dir)/debug/signet
port=$(free_port)
export SIGNET_HTTP__LISTEN=127.0.0.1:$port SIGNET_DATA_DIR=$scratch/data
export SIGNET_LOG__LEVEL=${SIGNET_LOG__LEVEL:-error} SIGNET_LOG__FORMAT=text
unset SIGNET_DATABASE__URL SIGNET_MAIL__SMTP_URL

password=$(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
printf '%s' "$password" >"$scratch/password"
"$signet" migrate >/dev/null
"$signet" member add owner@example.org --role owner --password-file "$scratch/password" >/dev/null

"$signet" serve >"$scratch/server.log" 2>&1 </dev/null &
server=$!
tries=50
until curl -fsS -o /dev/null "http://127.0.0.1:$port/health/ready" 2>/dev/null; do
    tries=$((tries - 1))
    if [ $tries = 0 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$scratch/server.log" >&2
        fail "the server did not start"
    fi
    sleep 0.2
done

token=$(curl -fsS "http://127.0.0.1:$port/api/v3/sessions" -H 'content-type: application/json' \
    -d "{\"email\":\"owner@example.org\",\"password\":\"$password\"}" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

# The stream never ends, and changing the password would end the sign-in that the other requests use.
outcome=0
# It keeps notes where it is started; those go with the rest.
cd "$scratch"
"$home/bin/schemathesis" run "$root/openapi/openapi.json" \
    --url "http://127.0.0.1:$port/api/v3" \
    --header "Authorization: Bearer $token" \
    --exclude-operation-id stream_status --exclude-operation-id change_password \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --warnings off --phases examples,coverage,fuzzing --max-examples "$EXAMPLES" --seed 7 --generation-deterministic \
    --suppress-health-check all --request-timeout 20 --workers 1 </dev/null || outcome=$?

kill -0 "$server" 2>/dev/null || {
    cat "$scratch/server.log" >&2
    fail "the server died"
}
[ $outcome = 0 ] || tail -n 40 "$scratch/server.log" >&2
exit $outcome
