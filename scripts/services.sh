# shellcheck shell=bash
# The services that tests need: those that answer on this machine, else private ones in a temporary folder. Sourced by test.sh.
#
# Sets SIGNET_TEST_POSTGRES_URL, SIGNET_TEST_MYSQL_URL, SIGNET_TEST_REDIS_URL; `stop_services` ends exactly what was started here.

services=$(mktemp -d "${TMPDIR:-/tmp}/signet-services.XXXXXX")
started=()

stop_services() {
    local process
    for process in "${started[@]:-}"; do
        [ -n "$process" ] && kill "-${process%:*}" "${process#*:}" 2>/dev/null && wait "${process#*:}" 2>/dev/null
    done
    rm -rf "$services"
}

# Tries a command once a second until it works.
wait_for() {
    local tries=60
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "no answer from: $*"
        sleep 1
    done
}

postgres_answers() { psql --no-password --dbname "$1" --tuples-only --command 'select 1' >/dev/null 2>&1; }
mysql_answers() { mariadb --host 127.0.0.1 --port "$1" --user root --connect-timeout 3 --execute 'select 1' >/dev/null 2>&1; }
redis_answers() { [ "$(redis-cli -h 127.0.0.1 -p "$1" ping 2>/dev/null)" = PONG ]; }

postgres_service() {
    local role port programs as=()
    have psql || packages postgresql-client
    for role in root postgres; do
        if postgres_answers "postgres://$role@127.0.0.1:5432/postgres"; then
            export SIGNET_TEST_POSTGRES_URL="postgres://$role@127.0.0.1:5432/postgres"
            return
        fi
    done
    packages postgresql
    port=$(free_port)
    programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
    mkdir -p "$services/postgres"
    # PostgreSQL refuses to run as root.
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$services"
        chown postgres "$services/postgres"
        as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    fi
    say "starting a private PostgreSQL on port $port"
    "${as[@]}" "$programs/initdb" --pgdata "$services/postgres/data" --username postgres --auth trust --encoding UTF8 >/dev/null
    "${as[@]}" "$programs/postgres" -D "$services/postgres/data" -p "$port" -h 127.0.0.1 -k "$services/postgres" \
        -c fsync=off -c max_connections=300 >"$services/postgres.log" 2>&1 </dev/null &
    # At TERM it would wait for its clients.
    started+=("INT:$!")
    export SIGNET_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
    wait_for postgres_answers "$SIGNET_TEST_POSTGRES_URL"
}

mysql_service() {
    local port as=()
    have mariadb || packages mariadb-client
    if mysql_answers 3306; then
        export SIGNET_TEST_MYSQL_URL=mysql://root@127.0.0.1:3306/mysql
        return
    fi
    packages mariadb-server
    port=$(free_port)
    [ "$(id -u)" = 0 ] && as=(--user=root)
    say "starting a private MariaDB on port $port"
    mariadb-install-db --no-defaults "${as[@]}" --datadir="$services/mysql" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    mariadbd --no-defaults "${as[@]}" --datadir="$services/mysql" --port="$port" --bind-address=127.0.0.1 \
        --socket="$services/mysql.sock" --pid-file="$services/mysql.pid" --max-connections=300 >"$services/mysql.log" 2>&1 </dev/null &
    started+=("TERM:$!")
    export SIGNET_TEST_MYSQL_URL="mysql://root@127.0.0.1:$port/mysql"
    wait_for mysql_answers "$port"
}

redis_service() {
    local port
    have redis-cli || packages redis-tools
    if redis_answers 6379; then
        export SIGNET_TEST_REDIS_URL=redis://127.0.0.1:6379
        return
    fi
    packages redis-server
    port=$(free_port)
    say "starting a private Redis on port $port"
    redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$services" >"$services/redis.log" 2>&1 </dev/null &
    started+=("TERM:$!")
    export SIGNET_TEST_REDIS_URL="redis://127.0.0.1:$port"
    wait_for redis_answers "$port"
}

# What answers, for the last lines of the gate.
service_versions() {
    printf 'databases: SQLite (in the binary), PostgreSQL %s, %s, Redis %s\n' \
        "$(psql --no-password --dbname "$SIGNET_TEST_POSTGRES_URL" --tuples-only --no-align --command 'show server_version' | cut -d' ' -f1)" \
        "$(mariadb --host 127.0.0.1 --port "$(echo "$SIGNET_TEST_MYSQL_URL" | sed -E 's|.*:([0-9]+)/.*|\1|')" --user root --skip-column-names --execute 'select version()')" \
        "$(redis-cli -u "$SIGNET_TEST_REDIS_URL" info server | sed -n 's/^redis_version:\([0-9.]*\).*/\1/p')"
}
