#!/usr/bin/env bash
# The simulation as CI runs it: sim.sh [BUILD]. SEEDS, BUDGET and DEPTH make it shorter or longer.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
exec test/gates/tally.sh \
  "schedules=$build/test/sim SEEDS=${SEEDS:-100000}" \
  "small worlds=$build/test/sim --exhaust ${DEPTH:-6}" \
  "mutants=test/sim/mutants/run.sh $build ${BUDGET:-20000}" \
  "model=$build/test/sim-model ${SEQUENCES:-40}"
