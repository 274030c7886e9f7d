#!/usr/bin/env bash
# Figures of the whole engine, with the engine on the first processor and the load on the last.
# JSON lines go to target/bench.jsonl, tables to the terminal. Nothing is asserted but that calls work.
#   tools/bench.sh            everything
#   tools/bench.sh rec ivr    only these: delays calls rec ivr setups registrations load
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
steps=("$@")
((${#steps[@]})) || steps=(delays calls rec ivr setups registrations load)

cargo build --release --locked
hotline=$target/release/hotline
lines=$target/bench.jsonl
data=$(mktemp -d)
config=$data/hotline.toml
sed "s#\"data/bench\"#\"$data/data\"#" benches/sipp/hotline.toml >"$config"

last=$(($(nproc) - 1))
pid=
stop() {
    if [[ -n $pid ]]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    pid=
}
trap 'stop; rm -rf "$data"' EXIT

# A fresh engine for each bench: memory per call is that of its first calls.
start() {
    stop
    if (exec 3<>/dev/tcp/127.0.0.1/8090) 2>/dev/null; then
        echo "Something listens at 127.0.0.1:8090 already: stop it first." >&2
        exit 1
    fi
    rm -rf "$data/data"
    taskset -c 0 "$hotline" run --config "$config" >"$data/log" 2>&1 &
    pid=$!
    for _ in {1..100}; do
        if (exec 3<>/dev/tcp/127.0.0.1/8090) 2>/dev/null; then return; fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "The engine did not start:" >&2
    cat "$data/log" >&2
    exit 1
}

# A bench's exit status says whether all calls were good; the table says which were not.
bench() {
    start
    echo
    echo "== $*"
    taskset -c "$last" "$hotline" bench "$@" --pid "$pid" | tee -a "$lines" >/dev/null || true
}

: >"$lines"
echo "Engine on processor 0, load on processor $last of $(nproc); load average $(cut -d' ' -f1-3 /proc/loadavg)"
for step in "${steps[@]}"; do
    case $step in
    delays) bench delays ;;
    calls) bench calls ;;
    rec) bench rec ;;
    ivr) bench ivr ;;
    setups) bench setups ;;
    registrations)
        bench registrations
        bench registrations --challenged
        ;;
    load)
        stop
        echo
        echo "== 60 calls, 30 agents, a minute each"
        cargo nextest run --release --locked --test main --run-ignored ignored-only --no-capture load::
        ;;
    *)
        echo "No bench is called $step." >&2
        exit 1
        ;;
    esac
done
echo
echo "JSON lines: $lines"
