#!/usr/bin/env bash
# Installs what a command needs and this machine lacks:
#   ci/install.sh rust musl deb nextest lint wasm-opt node postgres proxies prometheus chromium firefox clients
# What is there already costs one look. Debian packages need root or sudo; without, it says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null; }

debian() { # debian "what for" package...
    local purpose=$1 as=()
    shift
    has apt-get || fail "$purpose is missing, and so is apt-get. On Debian it would be: $*"
    if [ "$(id -u)" != 0 ]; then
        # sudo may ask for a password only where it can be typed.
        { has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; } ||
            fail "$purpose is missing. As root: apt-get install $*"
        as=(sudo)
    fi
    say "$purpose: apt-get install $*"
    "${as[@]}" apt-get update -qq
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

install_rust() {
    has cargo || fail "cargo is missing: https://rustup.rs"
    has cc || debian "a C compiler" gcc libc6-dev
    [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ] && return
    has rustup || fail "$(rustc --version) lacks the target wasm32-unknown-unknown, and there is no rustup to add it"
    rustup target add wasm32-unknown-unknown
}

# A statically linked program: its target, and a C compiler for what is not Rust in it.
install_musl() {
    install_rust
    has musl-gcc || debian "a C compiler for musl" musl-tools
    [ -d "$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl" ] && return
    has rustup || fail "$(rustc --version) lacks the target x86_64-unknown-linux-musl, and there is no rustup to add it"
    rustup target add x86_64-unknown-linux-musl
}

# What packs a Debian package.
install_deb() { has cargo-deb || cargo install --locked cargo-deb; }

# Runs each test in a process of its own, which is how their statements are told apart.
install_nextest() { has cargo-nextest || cargo install --locked cargo-nextest; }

install_lint() {
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

# Playwright and wasm-opt ask for it.
has_node() { has npm && node --eval 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; }

install_node() {
    local installed=node_modules/.installed
    has_node || debian "Node" nodejs npm
    has_node || fail "Node 20 or later is needed, this is $(node --version): https://nodejs.org"
    cmp -s package-lock.json "$installed" && return
    npm ci --no-audit --no-fund
    cp package-lock.json "$installed"
}

# A nicety: who only wants to run the program need not have Node.
install_wasm-opt() {
    if has_node; then install_node; else say "no Node 20, so no wasm-opt: what the browser downloads gets larger"; fi
}

# What tests of PostgreSQL need: the server, a pooler, and a clock that is wrong.
install_postgres() {
    ci/with-postgres.sh --find >/dev/null 2>&1 || debian "PostgreSQL" postgresql
    has pgbouncer || [ -x /usr/sbin/pgbouncer ] || debian "pgbouncer" pgbouncer
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || debian "libfaketime" faketime
}

# The reverse proxies that the gate's tests and a browser story run in front of an application, and the samples in deploy/; systemd
# checks the unit.
install_proxies() {
    has nginx || [ -x /usr/sbin/nginx ] || debian "nginx" nginx-light
    has caddy || debian "Caddy" caddy
    has systemd-analyze || debian "systemd" systemd
}

# Prometheus checks the metrics, the alert rules and the dashboard in deploy/.
install_prometheus() {
    if has promtool && has prometheus; then return; fi
    debian "Prometheus" prometheus
}

# For the night.
install_firefox() { [ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || debian "Firefox" firefox-esr; }

install_chromium() { [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || debian "Chromium" chromium; }

# Foreign clients of the OpenID provider: Apache with mod_auth_openidc, Ruby's OmniAuth, and Python's in an environment of their own.
install_clients() {
    local environment=${CARGO_TARGET_DIR:-target}/foreign-clients needed=foreign-clients/requirements.txt
    install_node
    [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || debian "Apache" apache2 libapache2-mod-auth-openidc
    ruby -e 'require "omniauth_openid_connect"; require "webrick"' 2>/dev/null || debian "OmniAuth" ruby-omniauth-openid-connect ruby-webrick
    cmp -s "$needed" "$environment/.installed" && return
    python3 -c 'import ensurepip' 2>/dev/null || debian "Python's venv" python3-venv
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$needed"
    cp "$needed" "$environment/.installed"
}

for what in "$@"; do
    case $what in
        rust | musl | deb | nextest | lint | wasm-opt | node | postgres | proxies | prometheus | chromium | firefox | clients) "install_$what" ;;
        *) fail "unknown: $what" ;;
    esac
done
