#!/bin/sh
# Measures dltool on a machine with an NVIDIA GPU, in less than 8 minutes; it may be bare and without a network.
#
#   pip download --only-binary=:all: --no-deps --python-version 3.12 -d wheels \
#       duckdb pydantic pydantic-core typing-extensions annotated-types typing-inspection        # elsewhere, once
#   sh tests/gpu/measure.sh wheels results                                                       # on that machine
#
# It needs Python 3.12 with JAX for CUDA, NumPy, llvmlite, Typer, Rich, PyYAML and safetensors; for the comparison PyTorch;
# for the tests pytest. Without a GPU, `sh tests/gpu/measure.sh wheels results xla` shows that the script itself works.
set -u
wheels=$1 results=$2 device=${3:-cuda}
mkdir -p "$results"
results=$(cd "$results" && pwd)
python3 -m pip install --quiet --no-index --no-deps --upgrade --target "$results/site" "$wheels"/*.whl || exit
export PYTHONPATH="$PWD:$results/site${PYTHONPATH:+:$PYTHONPATH}"

[ "$device" = xla ] || nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
python3 -m tests.gpu.measure "$results" "$device"
