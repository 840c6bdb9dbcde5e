#!/usr/bin/env bash
# Fuzzes the decoders with libFuzzer: scripts/fuzz.sh [TARGET] [LIMIT]
#
#   TARGET  messages, records, compression, or all (the default)
#   LIMIT   executions (100000, the default), or seconds (60s); of each target
#
# With a nightly toolchain under AddressSanitizer, else with stable and coverage alone; MILENA_FUZZ_TOOLCHAIN names another.
# Needs a C++ compiler, for libFuzzer itself, and Python 3, for the corpus, which starts from the golden frames. No cargo-fuzz.
#
# A finding is a panic (a broken property is one), an execution of more than a second, or memory beyond the bounds in fuzz/targets.
# Its input lies in fuzz/artifacts/TARGET; give that as further arguments to run it alone:
#   scripts/fuzz.sh messages 1 fuzz/artifacts/messages/crash-...
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-all}
limit=${2:-100000}
inputs=()
for input in "${@:3}"; do
    inputs+=("$(realpath "$input")")
done

case $target in
all) targets=(messages records compression) ;;
messages | records | compression) targets=("$target") ;;
*)
    echo "no target $target: messages, records, compression or all" >&2
    exit 2
    ;;
esac
case $limit in
*s) bound=-max_total_time=${limit%s} ;;
*) bound=-runs=$limit ;;
esac

if [[ -z ${MILENA_FUZZ_TOOLCHAIN:-} ]]; then
    MILENA_FUZZ_TOOLCHAIN=stable
    if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
        MILENA_FUZZ_TOOLCHAIN=nightly
    fi
fi
export RUSTUP_TOOLCHAIN=$MILENA_FUZZ_TOOLCHAIN

# What `cargo fuzz` passes: the coverage that libFuzzer steers by.
flags=(
    --cfg fuzzing
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
)
mode=coverage
if [[ $RUSTUP_TOOLCHAIN == nightly* ]]; then
    flags+=(-Zsanitizer=address)
    mode=asan
fi
host=$(rustc -vV | sed -n 's/^host: //p')
# One folder for each mode, as their artifacts differ.
built=${CARGO_TARGET_DIR:-$root/fuzz/target}/$mode
# An explicit target keeps the flags away from build scripts and derive macros.
RUSTFLAGS="${flags[*]}" cargo build --manifest-path "$root/fuzz/Cargo.toml" --release --target "$host" --target-dir "$built" \
    "${targets[@]/#/--bin=}"

golden=${GOLDEN_DIR:-$root/wire/tests/golden}
python3 "$root/fuzz/seeds.py" "$golden" "$root/fuzz/corpus"

found=0
for name in "${targets[@]}"; do
    artifacts=$root/fuzz/artifacts/$name
    mkdir -p "$artifacts"
    echo "== $name, $mode, $limit"
    arguments=(-timeout=1 -rss_limit_mb=2048 -malloc_limit_mb=64 "-artifact_prefix=$artifacts/" -print_final_stats=1)
    if [[ ${#inputs[@]} -gt 0 ]]; then
        arguments+=("${inputs[@]}")
    else
        arguments+=("$bound" -max_len=65536 "$root/fuzz/corpus/$name")
    fi
    "$built/$host/release/$name" "${arguments[@]}" || found=1
done
exit $found
