"""From LLVM's language to machine code for this processor."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import binding

from dltool.kernels import processor


def emit(text: str) -> bytes:
    """The object file of a program in LLVM's language; what is internal to it is inlined or dropped."""
    machine = _machine()
    head = f'target triple = "{machine.triple}"\ntarget datalayout = "{machine.target_data}"\n'
    module = binding.parse_assembly(head + text)
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return machine.emit_object(module)


@cache
def _machine() -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(
        cpu=processor.name(), features=processor.features(), opt=3, reloc="static", codemodel="jitdefault", jit=True
    )
