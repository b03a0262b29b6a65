# The whole list of commands. CI calls the same.
# `make test` builds nothing twice: always these packages together, so that cargo always finds the same features.

SERVER_SIDE := -p accounts -p app -p server -p testing
BROWSER_SIDE := -p frontend --target wasm32-unknown-unknown
XTASK := cargo run --quiet -p xtask --
TEST := $(if $(shell command -v cargo-nextest),nextest run,test)

TARGET := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help run release deb dev test nightly firefox statements before clients e2e pictures bench conformance traces lint fmt

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build for release and serve http://127.0.0.1:3000, with SQLite in ./data
	@ci/install.sh rust wasm-opt
	$(XTASK) web
	cargo build --release -p server
	$(TARGET)/release/curfew serve

release: ## one program for x86_64 Linux, statically linked, and an archive of it, into target/release-archive
	@ci/install.sh musl wasm-opt
	$(XTASK) release

deb: release ## the same program as a Debian package, beside the archive
	@ci/install.sh deb
	tar -xzf $(TARGET)/release-archive/curfew-*.tar.gz -C $(TARGET)/x86_64-unknown-linux-musl/archive --strip-components 1 --wildcards '*/THIRD-PARTY-LICENCES.txt'
	cargo deb --no-build --no-strip -p server --target x86_64-unknown-linux-musl --profile archive --output $(TARGET)/release-archive/

dev: ## the same for developing: build quickly, and again whenever a source changes
	@ci/install.sh rust
	$(XTASK) dev

test: ## everything: lint, tests on SQLite and PostgreSQL, browser tests
	@ci/install.sh rust lint node postgres proxies prometheus chromium
	@$(MAKE) --no-print-directory lint
	$(XTASK) web
	$(XTASK) size
	cargo $(TEST) -p xtask
	ci/with-postgres.sh cargo $(TEST) $(SERVER_SIDE)
	cd end2end && npx playwright test
	@$(MAKE) --no-print-directory clients

nightly: export CURFEW_NIGHTLY := yes
nightly: export CURFEW_TEST_NIGHTLY := yes
nightly: firefox test before conformance traces bench ## everything of test with what takes too long for each change, and the measurements

firefox:
	@ci/install.sh firefox

statements: ## keep what this version asks of the schema, before a release: later schemas must understand it
	@ci/install.sh rust nextest node postgres proxies prometheus
	$(XTASK) web
	rm -rf $(TARGET)/statements && mkdir -p $(TARGET)/statements
	CURFEW_RECORD_STATEMENTS=$(abspath $(TARGET))/statements ci/with-postgres.sh cargo nextest run $(SERVER_SIDE) -E 'not test(/^statements::/)'
	python3 ci/keep-statements.py $(TARGET)/statements $(TARGET)/debug/curfew server/tests/statements
	CURFEW_WRITE_STATEMENTS=yes ci/with-postgres.sh cargo nextest run $(SERVER_SIDE) -E 'test(/^statements::/)'

before: ## the program of the commit before and this one on one PostgreSQL
	@ci/install.sh rust postgres
	$(XTASK) web
	ci/with-postgres.sh ci/beside-the-commit-before.sh

clients: ## foreign clients sign in with Curfew and are logged out by it; ARGS="Synapse" picks some
	@ci/install.sh rust clients
	@mkdir -p target/site
	cargo test --no-run $(SERVER_SIDE)
	cargo build --locked --manifest-path foreign-clients/openidconnect/Cargo.toml --target-dir $(abspath $(TARGET))/foreign-clients/openidconnect
	$(abspath $(TARGET))/foreign-clients/bin/python foreign-clients/run.py $(ARGS)

e2e: ## browser tests alone; ARGS="--project with-javascript -g word" picks some
	@ci/install.sh rust node proxies chromium
	$(XTASK) web
	cargo test --no-run $(SERVER_SIDE)
	cd end2end && npx playwright test $(ARGS)

pictures: ## every page, light and dark, 360 and 1280 wide, into docs/screenshots; ARGS="-g word" picks some
	@ci/install.sh rust node chromium
	$(XTASK) web
	cargo test --no-run $(SERVER_SIDE)
	cd end2end && npx playwright test -c screenshots.config.ts $(ARGS)

bench: ## measurements, with the release build
	@ci/install.sh rust wasm-opt postgres
	$(XTASK) web
	ci/with-postgres.sh cargo bench -p server

traces: ## a program with the feature `traces` beside a collector
	@ci/install.sh rust
	@mkdir -p target/site
	cargo build -p server --features traces
	python3 ci/traces.py $(TARGET)/debug/curfew

conformance: ## the Model Context Protocol's own suite against the transport of /mcp
	@ci/install.sh rust node
	ci/mcp-conformance.sh

lint: ## formatting, clippy on both sides, words, imports, dependencies, types of the browser tests
	@ci/install.sh rust lint node
	@mkdir -p target/site # what the server embeds must exist, if only as an empty folder
	cargo fmt --check
	cargo clippy -p xtask --all-targets -- -D warnings
	cargo clippy $(SERVER_SIDE) --all-targets -- -D warnings
	cargo clippy -p server --features traces -- -D warnings
	cargo clippy $(BROWSER_SIDE) -- -D warnings
	$(XTASK) check
	npm run --silent lint
	@if command -v cargo-deny >/dev/null; then cargo deny check advisories; \
	else echo "Advisories are checked where cargo-deny is installed. Bans, licences and unused dependencies were checked above."; fi

fmt: ## format every Rust source
	cargo fmt
