#!/bin/sh
# Measures dltool on a machine with an NVIDIA GPU, in about 9 minutes; the machine may be bare and without a network.
#
#   pip download --only-binary=:all: --no-deps --python-version 3.12 -d wheels \
#       duckdb pydantic pydantic-core typing-extensions annotated-types typing-inspection safetensors    # elsewhere, once
#   sh tests/gpu/measure.sh wheels results                                                               # on that machine
#
# It needs Python with JAX for CUDA, NumPy, llvmlite, Typer, Rich and PyYAML; for the comparison PyTorch; for the tests pytest.
set -u
wheels=$1 results=$2
mkdir -p "$results"
python3 -m pip install --quiet --no-index --no-deps --find-links "$wheels" "$wheels"/*.whl
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
dltool="python3 -m dltool"

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tee "$results/card.txt"

# from the shell to trained digits: with nothing compiled yet, then with a warm cache
for run in cold warm; do
    started=$(date +%s%N)
    timeout 60 $dltool train configs/digits.yaml --device cuda --quiet --run-dir "$results/digits-$run"
    echo "$run: $((($(date +%s%N) - started) / 1000000)) ms" | tee -a "$results/digits.txt"
done
python3 -X importtime -c 'import jax; jax.devices("cuda")' 2>&1 | tail -1 >>"$results/digits.txt"

# the same bits after a stop, and the same losses as on the processor
timeout 90 python3 -m pytest -p no:xdist -o addopts= -q -m gpu tests/runtime/xla 2>&1 | tail -5 | tee "$results/tests.txt"

# speed, each config in turn, the most telling ones first
for config in lstm gru resnet20 mobile gpt_char conv1d mlp_wide gpt_medium lenet5 seed_keras cnn_mnist mlp_mnist tabular; do
    case $config in gpt_*) batch="--set train.batch_size=64" ;; *) batch= ;; esac
    # shellcheck disable=SC2086
    timeout 60 $dltool bench "configs/bench/$config.yaml" --device cuda --against torch \
        --set train.precision=tf32 $batch --json >"$results/$config.json" 2>"$results/$config.err"
    echo "$config: exit code $?" | tee -a "$results/bench.txt"
done
