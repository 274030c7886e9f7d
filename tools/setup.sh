#!/usr/bin/env bash
# Installs what is missing for building ("build"), for the lints too ("lint"), and for the tests
# ("test"). Says in one plain sentence why it cannot go on.
set -euo pipefail

# The version of the test runner that the tests are written for.
nextest=0.9.143

fail() {
    echo "hotline: $1" >&2
    exit 1
}

want=${1:-build}
command -v cargo >/dev/null && command -v rustc >/dev/null ||
    fail "there is no Rust toolchain: install one (cargo and rustc 1.95 or newer), then run make again."

version=$(rustc --version | sed -E 's/^rustc ([0-9]+)\.([0-9]+).*/\1 \2/')
read -r major minor <<<"$version"
if ((major < 1 || (major == 1 && minor < 95))); then
    fail "this Rust toolchain is too old ($(rustc --version)): 1.95 or newer is needed."
fi

# Parts of the toolchain that a minimal one leaves out.
component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    if command -v rustup >/dev/null; then
        echo "Installing: $2"
        rustup component add "$2" >/dev/null 2>&1 && return
    fi
    fail "this Rust toolchain has no $2: install it (with rustup: rustup component add $2), then run make again."
}
if [[ $want != build ]]; then
    component fmt rustfmt
    component clippy clippy
fi

missing=()
# Looks for files, not for what bash itself can do: the tests call kill as a program.
need() { [[ -n $(type -P "$1") ]] || missing+=("$2"); }
need cc gcc
need mold mold
if [[ $want == test ]]; then
    need sipp sip-tester
    need baresip baresip-core
    [[ -e /usr/lib/baresip/modules/aufile.so ]] || missing+=(baresip-core)
    need ip iproute2
    need faketime faketime
    need strace strace
    need kill procps
    need prlimit util-linux
    need mount mount
fi

if ((${#missing[@]})); then
    command -v apt-get >/dev/null || fail "the programs of these Debian packages are missing: ${missing[*]}; this system has no apt-get, so install them by hand."
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}; run once as root, or install them with apt-get."
        sudo=sudo
    fi
    echo "Installing: ${missing[*]}"
    ${sudo:-} apt-get update -qq >/dev/null 2>&1 || fail "apt-get update failed: the packages ${missing[*]} are missing and no package server answers."
    ${sudo:-} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        fail "apt-get could not install: ${missing[*]}."
fi

if [[ $want == test ]] && ! cargo nextest --version >/dev/null 2>&1; then
    echo "Installing: cargo-nextest $nextest"
    cargo install --locked cargo-nextest --version "$nextest" >/dev/null 2>&1 || fail "cargo could not install cargo-nextest $nextest."
fi
