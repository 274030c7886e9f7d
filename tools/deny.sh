#!/usr/bin/env bash
# Licences, double versions and sources of all dependencies, as deny.toml wants them. Advisories need a database
# from the network: they are checked where it can be had.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-deny >/dev/null; then
    echo "cargo-deny is not installed: licences and sources are not checked (cargo install --locked cargo-deny)"
    exit 0
fi
cargo deny --locked check --hide-inclusion-graph licenses bans sources
if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --locked check advisories
else
    echo "the database of advisories cannot be had: they are not checked"
fi
