"""The examples at the end of `dltool COMMAND --help`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: command lines by command
EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ["dltool init data.csv --target price", "dltool init photos/ -o photos.yaml"],
    "train": [
        "dltool train config.yaml",
        "dltool train config.yaml --set train.epochs=20 --set optimizer.adam.lr=0.01",
        "dltool train config.yaml --folds 5",
        "dltool train config.yaml --ranks 2",
    ],
    "resume": ["dltool resume runs/data", "dltool resume runs/data --set train.epochs=40"],
    "eval": ["dltool eval runs/data", "dltool eval runs/data new.csv --json"],
    "explain": ["dltool explain runs/data", "dltool explain runs/data -o explanation.html"],
    "predict": ["dltool predict runs/data new.csv -o predictions.csv", "dltool predict runs/data new.csv --keep id"],
    "generate": ["dltool generate runs/char_gpt --prompt 'Once upon a time' --tokens 200"],
    "export": ["dltool export runs/data -o model.onnx", "dltool export runs/digits -o digits.c"],
    "import": ["dltool import model.keras -o imported", "dltool import net.safetensors -o imported --config net.yaml"],
    "serve": ["dltool serve runs/data", "dltool serve houses=runs/data digits=runs/digits --port 9000 --reload"],
    "report": ["dltool report runs/data"],
    "check": ["dltool check config.yaml"],
    "lr-find": ["dltool lr-find config.yaml", "dltool lr-find config.yaml --write -o rates.html"],
    "sweep": ["dltool sweep config.yaml", "dltool sweep config.yaml --trials 40 --workers 2"],
    "compare": ["dltool compare runs/first runs/second"],
    "runs": ["dltool runs", "dltool runs --sort=-validation.accuracy --where 'epochs>5'"],
    "doctor": ["dltool doctor"],
    "warmup": ["dltool warmup"],
    "completion": ["dltool completion bash > ~/.local/share/bash-completion/completions/dltool"],
    "show": ["dltool show config.yaml", "dltool show config.yaml --set compat=torch"],
    "list": ["dltool list", "dltool list layer", "dltool list dense"],
    "schema": ["dltool schema > dltool.schema.json"],
    "cache": ["dltool cache", "dltool cache data --clear"],
    "bench": ["dltool bench configs/bench/lstm.yaml --against torch", "dltool bench --threads 1,2"],
}


def epilog(command: str) -> str:
    """The end of a command's help; the mark \\b keeps its lines as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command])])
