#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, whose temporary folder is removed afterwards:
#   ci/with-postgres.sh cargo nextest run
# The command finds it by CURFEW_TEST_POSTGRES_URL; its exit code is passed on.
set -euo pipefail

fail() { printf 'with-postgres: %s\n' "$*" >&2; exit 1; }

# Debian keeps the server's programs off the PATH, in one folder for each version.
find_programs() {
    local initdb
    for initdb in $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -rV) $(command -v initdb); do
        [ -x "$initdb" ] && dirname "$initdb" && return
    done
    return 1
}

programs=$(find_programs) || fail "there are no PostgreSQL server programs (Debian: postgresql)"
[ $# -gt 0 ] || fail "which command?"
if [ "$1" = --find ]; then
    echo "$programs"
    exit
fi

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || fail "PostgreSQL does not run as root, and there is no user postgres"
    as=(runuser -u postgres --)
fi

# Not below TMPDIR: a socket's path has 107 characters at most, and the other user must get in.
folder=$(mktemp -d /tmp/curfew-postgres.XXXXXX)

# Every test makes a database of some 500 files and drops it again, which costs a disk more than the tests themselves:
# in memory, where there is plenty.
data=$folder/data
if [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)" -ge 4000000 ] 2>/dev/null; then
    memory=$(mktemp -d /dev/shm/curfew-postgres.XXXXXX)
    data=$memory/data
fi

# One of its programs, as its user, in a folder that this user can read; silent unless it fails.
postgres() {
    local program=$programs/$1 output
    shift
    output=$(cd / && "${as[@]}" "$program" "$@" 2>&1 </dev/null) || { printf '%s\n' "$output" >&2; return 1; }
}

clean_up() {
    # "Immediate", as there is nothing in it to keep.
    [ ! -e "$data/postmaster.pid" ] || postgres pg_ctl -D "$data" -m immediate -w stop || true
    rm -rf "$folder" "${memory:-$folder}"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[ "${#as[@]}" = 0 ] || chown postgres "$folder" "${memory:-$folder}"
postgres initdb -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync

# Not durable: no test asks it what a power cut leaves.
settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=300"
settings+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"

start() {
    # The port may be taken, so try some. The system hands out its own from 32768 on.
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        postgres pg_ctl -D "$data" -l "$folder/log" -w -o "$settings -c port=$port" start && return
    done
    cat "$folder/log" >&2
    fail "PostgreSQL does not start"
}
start

code=0
CURFEW_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres" "$@" || code=$?
exit "$code"
