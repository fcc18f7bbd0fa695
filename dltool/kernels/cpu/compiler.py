"""Numba as a compiler of kernels: from a Python function to an object file, in no more steps than that takes.

Numba's `njit` makes every function callable from Python: it wraps it, optimizes it and generates its machine code, also
where it only serves others. Here functions are typed and lowered to LLVM's language, no more. Then a kernel is linked
with all blocks that it calls, optimized once, and written as an object file: a third of the time. Numba offers this as
a target of its own (`numba.core.target_extension`) with a pipeline of its own (`numba.core.compiler.CompilerBase`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, cpu, dispatcher, target_extension
from numba.core.codegen import CodeLibrary, JITCPUCodegen
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.descriptors import TargetDescriptor
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.typing.context import Context
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode

NAME = "dltool"

_OPTIONS = {
    "nopython": True,
    "error_model": "numpy",  # a division does not raise, so that loops with one can be vectorized
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,  # kernels own no memory
}


class _Compiler(CompilerBase):
    """Of Numba's passes those that cannot be left out: nothing is lifted or inlined before LLVM does it."""

    def define_pipelines(self) -> list[PassManager]:
        passes = PassManager(NAME)
        passes.add_pass(TranslateByteCode, "read the bytecode")
        passes.add_pass(FixupArgs, "bind the arguments")
        passes.add_pass(IRProcessing, "find loops and lifetimes")
        passes.add_pass(GenericRewrites, "know constant indices as such")
        passes.add_pass(ReconstructSSA, "assign each variable once")
        passes.add_pass(NopythonTypeInference, "infer types")
        passes.add_pass(PreLowerStripPhis, "remove phi nodes")
        passes.add_pass(IRLegalization, "end lifetimes")
        passes.add_pass(NativeLowering, "lower to LLVM")
        passes.add_pass(NoPythonBackend, "collect the result")
        passes.finalize()
        return [passes]


class _Library(CodeLibrary):
    """A function in LLVM's language, and what it calls."""

    def __init__(self, codegen: Any, name: str):
        super().__init__(codegen, name)
        self._texts: list[str] = []
        self._called: dict[Any, None] = {}

    def add_ir_module(self, ir_module: Any) -> None:
        self._texts.append(cgutils.normalize_ir_text(str(ir_module)))

    def add_linking_library(self, library: Any) -> None:
        self._called[library] = None

    def link(self) -> binding.ModuleRef:
        """One module of this function and of all that it calls, directly or not."""
        module = binding.parse_assembly(str(self.codegen._create_empty_module(self.name)))
        found: set[Any] = set()
        waiting: list[Any] = [self]
        while waiting:
            library = waiting.pop()
            if library not in found:
                found.add(library)
                waiting += library._called
                for text in library._texts:
                    module.link_in(binding.parse_assembly(text))
        return module

    def finalize(self) -> None: ...  # nothing is optimized before it is linked
    def get_function(self, name: str) -> None: ...
    def get_llvm_str(self) -> None: ...
    def get_asm_str(self) -> None: ...


class _Codegen(JITCPUCodegen):
    """LLVM's code for this processor."""

    _library_class = _Library

    def _init(self, llvm_module: Any) -> None:
        options: dict[str, Any] = {"opt": 3}
        self._tm_features = self._customize_tm_features()
        self._customize_tm_options(options)
        self._tm = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(**options)
        self._target_data = self._tm.target_data
        self._data_layout = str(self._target_data)

    def emit(self, module: binding.ModuleRef, symbol: str) -> bytes:
        """The object file of a linked module that shows one symbol; the rest is inlined or dropped."""
        for value in [*module.functions, *module.global_variables]:
            if not value.is_declaration and value.name != symbol:
                value.linkage = "internal"
        builder = binding.create_pass_builder(self._tm, binding.create_pipeline_tuning_options(speed_level=3))
        builder.getModulePassManager().run(module, builder)
        return self._tm.emit_object(module)


class _Context(cpu.CPUContext):
    """How types and operations are lowered: numbers, tuples and ranges, but no arrays and no Python objects."""

    def init(self) -> None:  # type: ignore[override]
        self.is32bit = False
        self._internal_codegen = _Codegen(NAME)

    def load_additional_registries(self) -> None:
        from numba.core import optional  # noqa: F401 - imports register what they implement
        from numba.cpython import builtins, mathimpl, numbers, rangeobj, tupleobj  # noqa: F401

        self.install_registry(mathimpl.registry)

    def post_lowering(self, mod: Any, library: Any) -> None: ...  # no runtime library is linked

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        """What stands for the function where others call it: it is not executable on its own."""
        return fndesc


class _Types(Context):
    """What types operations have."""

    def load_additional_registries(self) -> None:
        from numba.core.typing import mathdecl

        self.install_registry(mathdecl.registry)


class _Target(TargetDescriptor):
    """The target as Numba wants it described."""

    options = cpu.CPUTargetOptions

    @property
    def target_context(self) -> Any:
        return _target_context()

    @property
    def typing_context(self) -> Any:
        return _typing_context()


@cache
def _typing_context() -> _Types:
    return _Types()


@cache
def _target_context() -> _Context:
    return _Context(_typing_context(), NAME)


class _Block(dispatcher.Dispatcher):
    """A function of kernels, compiled for the types that it is called with."""

    targetdescr = _Target(NAME)

    def add_overload(self, cres: Any) -> None:
        self.overloads[tuple(cres.signature.args)] = cres


class _Token(target_extension.CPU):
    """What Numba knows the target by; whatever is declared for processors in general holds for it."""


def inlined(function: Callable[..., Any]) -> Any:
    """Make a function a building block of kernels; it disappears into its callers."""
    return _Block(function, {}, _OPTIONS, _Compiler)


target_extension.target_registry[NAME] = _Token
target_extension.dispatcher_registry[_Token] = _Block
target_extension.jit_registry[_Token] = lambda *args, **options: inlined(args[0]) if args else inlined


def object_code(function: Callable[..., Any], signature: Any, symbol: str) -> bytes:
    """The object file of a function, which is called by a symbol with arguments as C passes them."""
    with target_extension.target_override(NAME):
        block = inlined(function)
        block.compile(signature)
        (compiled,) = block.overloads.values()
        context: Any = compiled.target_context
        library: Any = compiled.library
        library.add_ir_module(_entry(context, compiled.fndesc, signature, symbol))
        return context.codegen().emit(library.link(), symbol)


def _entry(context: _Context, called: Any, signature: Any, symbol: str) -> ir.Module:
    """A function without a result that calls another one in Numba's manner."""
    module = context.create_module(symbol)
    kind = context.call_conv.get_function_type(called.restype, called.argtypes)
    callee = ir.Function(module, kind, called.llvm_func_name)
    arguments = [context.get_value_type(each) for each in signature.args]
    entry = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), symbol)
    builder = ir.IRBuilder(entry.append_basic_block())
    context.call_conv.call_function(builder, callee, called.restype, called.argtypes, entry.args)
    builder.ret_void()
    return module
