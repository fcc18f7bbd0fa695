"""A resolved config as YAML text that readers of YAML 1.1 and 1.2 read alike."""

from __future__ import annotations

from typing import Any

import yaml

from dltool.config.scalars import PATTERNS


class _Dumper(yaml.SafeDumper):
    """Quotes text that either version of YAML would not read as text; writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        # indent list items below their key, as people do
        return super().increase_indent(flow, False)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flow = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_Dumper.add_representer(list, _list)
for _name in ("int", "float"):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", PATTERNS[_name], list("-+.0123456789"))


class _InlineDumper(_Dumper):
    """Writes everything on one line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """In double quotes, with \\n, if there is a line break."""
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style='"' if text.splitlines() not in ([], [text]) else None
    )


_InlineDumper.add_representer(list, yaml.SafeDumper.represent_list)
_InlineDumper.add_representer(str, _text)


def dump_inline(data: Any) -> str:
    """Plain data as YAML on one line, as the value of a key."""
    text = yaml.dump(
        data, Dumper=_InlineDumper, sort_keys=False, default_flow_style=True, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n").removesuffix("\n...")


def dump_yaml(data: dict[str, Any]) -> str:
    """Plain data as YAML, keys in their order."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=110)
