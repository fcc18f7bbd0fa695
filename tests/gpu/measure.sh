#!/bin/sh
# Measures dltool on a machine with an NVIDIA GPU, in less than 8 minutes; it may be bare and without a network.
#
#   pip download --only-binary=:all: --python-version 3.12 -d wheels duckdb pydantic     # elsewhere, once
#   sh tests/gpu/measure.sh wheels results                                               # on that machine
#
# It needs Python 3.12 with JAX for CUDA, NumPy, llvmlite, Typer, Rich, PyYAML and safetensors; for the comparison PyTorch;
# for the tests pytest. Without wheels it takes what is installed. RESULTS gets seven files at most.
# Without a GPU, `sh tests/gpu/measure.sh wheels results xla 60` shows in two minutes that the script itself works.
set -u
[ $# -ge 2 ] && [ -d "$1" ] || { echo "usage: sh $0 WHEELS RESULTS [xla [SECONDS]], where WHEELS is a folder" >&2; exit 2; }
mkdir -p "$2" && results=$(cd "$2" && pwd) || exit
device=${3:-cuda} seconds=${4:-}
site=$(mktemp -d) || exit
trap 'rm -rf "$site"' EXIT
set -- "$1"/*.whl
[ ! -e "$1" ] || python3 -m pip install --quiet --no-index --no-deps --upgrade --target "$site" "$@" || exit
cd "$(dirname "$0")/../.." || exit
export PYTHONPATH="$PWD:$site${PYTHONPATH:+:$PYTHONPATH}"

[ "$device" = xla ] || nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
python3 -m tests.gpu.measure "$results" "$device" ${seconds:+"$seconds"}
