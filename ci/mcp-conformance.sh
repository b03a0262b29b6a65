#!/bin/sh
# The Model Context Protocol's own conformance suite, against the transport of /mcp (docs/API.md).
# The suite wants Node 22; `node` from npm brings it where the machine's is older.
set -eu
cd "$(dirname "$0")/.."
suite="--package=@modelcontextprotocol/conformance@0.2.0-alpha.12 --package=node@22.23.3"
fixture="${CARGO_TARGET_DIR:-target}/debug/examples/mcp_conformance"
work=$(mktemp -d)

mkdir -p target/site # what the server embeds must exist, if only as an empty folder
cargo build --quiet -p server --example mcp_conformance
"$fixture" 127.0.0.1:0 > "$work/address" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
while [ ! -s "$work/address" ]; do
  kill -0 $server # it says why it did not start
  sleep 0.1
done
address=$(head -n 1 "$work/address")

check() { # a revision, and what else the suite is told
  revision=$1
  shift
  # shellcheck disable=SC2086 # several words on purpose
  npx --yes $suite -- conformance server --url "$address" --requirements "$revision" --timeout 5000 \
    --output-dir "$work" "$@" > "$work/$revision" 2>&1 || failed=1
  sed -n '/=== SUMMARY ===/,$p' "$work/$revision"
}

check 2026-07-28
check 2025-11-25 --expected-failures server/examples/mcp_conformance/cannot.yml
exit ${failed:-0}
