#!/usr/bin/env bash
# Every check that a change must pass: format, lints, flows, tests.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== format"
cargo fmt --check
echo "== lints"
cargo clippy --locked --all-targets -- -D warnings
echo "== flows and example configuration"
cargo run --quiet --locked -- check dialplans
cargo run --quiet --locked -- check dialplans --config examples/demo.toml
cargo run --quiet --locked -- check dialplans --config benches/sipp/hotline.toml
echo "== tests"
cargo nextest run --locked "$@"
