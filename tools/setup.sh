#!/usr/bin/env bash
# Installs what is missing for building (and, with "test", for the tests). Says in one plain sentence
# why it cannot go on.
set -euo pipefail

fail() {
    echo "hotline: $1" >&2
    exit 1
}

want=${1:-build}
command -v cargo >/dev/null || fail "there is no Rust toolchain: install one (cargo and rustc 1.95 or newer), then run make again."

version=$(rustc --version | sed -E 's/^rustc ([0-9]+)\.([0-9]+).*/\1 \2/')
read -r major minor <<<"$version"
if ((major < 1 || (major == 1 && minor < 95))); then
    fail "this Rust toolchain is too old ($(rustc --version)): 1.95 or newer is needed."
fi

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need cc gcc
need mold mold
if [[ $want == test ]]; then
    need sipp sip-tester
    need baresip baresip-core
    [[ -e /usr/lib/baresip/modules/aufile.so ]] || missing+=(baresip-core)
    need ip iproute2
    need faketime faketime
    need strace strace
fi

if ((${#missing[@]})); then
    command -v apt-get >/dev/null || fail "the programs of these Debian packages are missing: ${missing[*]}; this system has no apt-get, so install them by hand."
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}; run once as root, or install them with apt-get."
        sudo=sudo
    fi
    echo "Installing: ${missing[*]}"
    ${sudo:-} apt-get update -qq || fail "apt-get update failed: the packages ${missing[*]} are missing and no package server answers."
    ${sudo:-} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install: ${missing[*]}."
fi

if [[ $want == test ]] && ! cargo nextest --version >/dev/null 2>&1; then
    echo "Installing: cargo-nextest"
    cargo install --locked cargo-nextest >/dev/null || fail "cargo could not install cargo-nextest."
fi
