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
cargo run --quiet --locked -- check dialplans --config examples/hotline.toml
echo "== tests"
# Some tests need what only root may do: raw sockets, mounting a small disk. As root nothing is left
# out silently (a test that cannot show its promise fails), elsewhere the end says what was.
left=$(mktemp)
trap 'rm -f "$left"' EXIT
if [[ $(id -u) != 0 ]]; then
    export HOTLINE_MAY_SKIP=${HOTLINE_MAY_SKIP-1}
fi
export HOTLINE_LEFT_OUT=$left
status=0
cargo nextest run --locked "$@" || status=$?
if [[ -s $left ]]; then
    echo "Left out, because something is missing here:"
    sort -u "$left" | sed 's/^/  /'
fi
exit "$status"
