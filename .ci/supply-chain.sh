#!/usr/bin/env bash
# The dependencies: licenses, sources, duplicate versions, known vulnerabilities (deny.toml), and none that is not used.
# Installs the two programs that it needs where they are missing; unoptimized, for they run for seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

install() { # NAME VERSION
    if [ "$("$1" --version 2>/dev/null | awk '{ print $NF }')" != "$2" ]; then
        CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --force "$1@$2"
    fi
}
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
install cargo-deny 0.20.2
install cargo-machete 0.9.2

cargo deny --log-level warn check --hide-inclusion-graph licenses bans sources

# The database of vulnerabilities is a git repository, not a package: where it cannot be reached, nothing is said of it.
database=https://github.com/RustSec/advisory-db
if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --exit-code "$database" HEAD >/dev/null 2>&1; then
    cargo deny --log-level warn check --hide-inclusion-graph advisories
else
    echo "NOT CHECKED: known vulnerabilities ($database cannot be reached from here)"
fi

cargo machete
