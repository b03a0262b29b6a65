#!/usr/bin/env bash
# Builds the program of the commit before (or of the one that is named) and runs it beside this one on one PostgreSQL:
#   ci/with-postgres.sh ci/beside-the-commit-before.sh [commit]
set -euo pipefail
cd "$(dirname "$0")/.."

before=${1:-HEAD~1}
target=${CARGO_TARGET_DIR:-$PWD/target}
checkout=$target/commit-before
git worktree remove --force "$checkout" 2>/dev/null || true
git worktree add --quiet --detach "$checkout" "$before"
trap 'git worktree remove --force "$checkout"' EXIT

# Each has what it embeds; its target is its own, because two checkouts in one take each other's files for their own.
mkdir -p "$checkout/target"
cp -r target/site "$checkout/target/site"
(cd "$checkout" && CARGO_TARGET_DIR=$target/of-commit-before cargo build --quiet -p server)
cargo build --quiet -p server
python3 ci/old-and-new.py "$target/of-commit-before/debug/curfew" "$target/debug/curfew"
