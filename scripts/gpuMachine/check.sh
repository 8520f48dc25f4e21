#!/usr/bin/env bash
# Everything that wants a GPU, in one go, on a machine that has one; with `.gpu/` where Node has to be brought along.
#   bash scripts/gpuMachine/check.sh [adapter|tests|accuracy|bench|tour ...]     all of them, unless told
# BENCH_OPTIONS, such as `--peers torch`, go to the bench. Logs and figures go to $OUT, or gpu-results/. Each step has a
# time limit, ten minutes in all; the table at the end says how each went.
set -u
cd "$(dirname "$0")/../.."
out=${OUT:-gpu-results}
mkdir -p "$out"
if [ -e .gpu/setup.sh ]; then . .gpu/setup.sh >"$out/setup.log" 2>&1; cat "$out/setup.log"; fi
export LAZULI_GPU=native

steps=${*:-adapter tests accuracy bench tour}
summary=
failed=0

# step NAME SECONDS COMMAND...
step() {
  local name=$1 limit=$2 start=$SECONDS code
  shift 2
  case " $steps " in *" $name "*) ;; *) return ;; esac
  echo "== $name: $*"
  timeout -k 5 "$limit" "$@" >"$out/$name.log" 2>&1
  code=$?
  tail -n "${LINES_SHOWN:-60}" "$out/$name.log"
  summary+="$(printf '%-8s %-14s %4s s  %s' "$name" "$([ $code = 0 ] && echo ok || { [ $code = 124 ] && echo 'out of time' || echo "exit code $code"; })" "$((SECONDS - start))" "$out/$name.log")"$'\n'
  [ $code = 0 ] || failed=1
}

step adapter 60 node scripts/gpuMachine/adapter.ts
step tests 120 node node_modules/vitest/vitest.mjs run --project gpu
step accuracy 60 node scripts/accuracy/main.ts --target webgpu
# shellcheck disable=SC2086 # options are words
step bench 330 node bench/main.ts gpu ${BENCH_OPTIONS-} --json "$out/gpu.json"
step tour 60 node examples/tour/gpu.ts

echo
printf '%s' "$summary"
exit $failed
