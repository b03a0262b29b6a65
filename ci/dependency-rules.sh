#!/usr/bin/env bash
# Which crate must never become part of which program. docs/ARCHITECTURE.md says why.
set -euo pipefail
cd "$(dirname "$0")/.."

forbid() { # forbid "program" "crates, as a pattern" cargo-tree-arguments...
    local program=$1 pattern=$2 tree found
    shift 2
    tree=$(cargo tree --locked --edges normal --prefix none --format '{p}' "$@")
    if found=$(grep -E "^($pattern) v" <<<"$tree" | sort -u); then
        printf 'dependency rule: %s must not contain\n%s\n' "$program" "$found" >&2
        return 1
    fi
}

broken=0
forbid "the browser side" "accounts|sqlx[a-z-]*|argon2|axum|zxcvbn|tokio" \
    -p frontend --target wasm32-unknown-unknown || broken=1
forbid "the server" "ring|openssl|openssl-sys|native-tls" -p server || broken=1
forbid "accounts" "leptos|axum|http|app|server" -p accounts || broken=1
exit "$broken"
