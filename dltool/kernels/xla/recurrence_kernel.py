"""A loop over the steps of sequences as one kernel of a GPU, which holds the recurrent matrix close by.

Each block of threads takes some sequences from end to end, so that nothing waits for the others. The matrix has 10 bits
of fraction, which is what TF32 gives to products; it is then half as large and fits. For full precision XLA's loop is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import accumulate, pairwise
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.xla.gpu import fits

#: sequences of one block of threads: the least that its matrix units take, where they are columns
ROWS = 8
#: units: powers of two, of which the matrix fits
WIDTHS = (16, 32, 64, 128)
#: groups of 32 threads
WARPS = 8


def suits(recurrent: jax.Array) -> bool:
    """Whether this loop can be used for a recurrent matrix (H, k · H), and is faster than XLA's."""
    return len(recurrent) in WIDTHS and fits(2 * recurrent.size + 4 * ROWS * recurrent.shape[1])


def over_steps(
    step: Callable[..., Any],
    begin: Sequence[jax.Array],
    values: Sequence[jax.Array],
    recurrent: jax.Array,
    *,
    factors: jax.Array | int,
    bias: jax.Array | None = None,
    reverse: bool = False,
    interpret: bool = False,
) -> tuple[jax.Array, ...]:
    """As `recurrence.over_steps`; `interpret` runs it on a processor."""
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    samples, steps, _ = values[0].shape
    width = len(recurrent)
    rows = -(-samples // ROWS) * ROWS
    made = _made(step, len(begin), values, recurrent, reverse)
    shared = [recurrent.astype(jnp.float16), *([] if bias is None else [bias])]
    each = [*begin, jnp.broadcast_to(jnp.asarray(factors, jnp.float32), (samples, width))]

    def kernel(*refs: Any) -> None:
        carried, (mask_ref,), (matrix_ref, *bias_refs), given, results = _grouped(
            refs, len(begin), 1, len(shared), len(values)
        )
        matrices = [matrix_ref[:, columns] for columns in _columns(matrix_ref, width)]
        biases = [ref[columns][:, None] for ref in bias_refs for columns in _columns(ref, width)]
        product = partial(_product_backward if reverse else _product_forward, matrices, biases, mask_ref[...].T)

        def read(t: Any) -> list[Any]:
            now = steps - 1 - t if reverse else t
            return [ref[:, now, columns].T for ref in given for columns in _columns(ref, width)]

        def turn(t: Any, state: Any) -> Any:
            carried, blocks = state
            following = read(jnp.minimum(t + 1, steps - 1))  # on its way while this step is computed
            carried, made = step(carried, _pieces(blocks, width), product)
            for ref, pieces in zip(results, made, strict=True):
                for columns, block in zip(_columns(ref, width), _blocks(pieces), strict=True):
                    ref[:, steps - 1 - t if reverse else t, columns] = block.T
            return tuple(carried), following

        lax.fori_loop(0, steps, turn, (tuple(ref[...].T for ref in carried), read(0)))

    shapes = [(rows, steps, width * count) for count in made]
    results = pallas.pallas_call(
        kernel,
        grid=(rows // ROWS,),
        in_specs=[
            *map(_of_rows, each),
            *(pallas.BlockSpec(array.shape, lambda i, n=array.ndim: (0,) * n) for array in shared),
            *map(_of_rows, values),
        ],
        out_specs=[pallas.BlockSpec((ROWS, *shape[1:]), lambda i: (i, 0, 0)) for shape in shapes],
        out_shape=[jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes],
        compiler_params=triton.CompilerParams(num_warps=WARPS, num_stages=1),
        interpret=interpret,
    )(*(_padded(array, rows) for array in each), *shared, *(_padded(array, rows) for array in values))
    return tuple(result[:samples] for result in results)


def _product_forward(matrices: Any, biases: Any, mask: Any, x: Any) -> list[Any]:
    narrow = (x * mask).astype(jnp.float16)
    sums = [jnp.dot(matrix.T, narrow, preferred_element_type=jnp.float32) for matrix in matrices]
    sums = [total + bias for total, bias in zip(sums, biases, strict=True)] if biases else sums
    return _pieces(sums, len(x))


def _product_backward(matrices: Any, biases: Any, mask: Any, pieces: Any) -> Any:
    """Σ pieces · matricesᵀ; each sequence is scaled by a power of two, so that small gradients keep their 10 bits."""
    largest = jnp.max(reduce(jnp.maximum, map(jnp.abs, pieces)), axis=0, keepdims=True)
    scale = jnp.exp2(-jnp.floor(jnp.log2(jnp.maximum(largest, 1e-30))))
    narrow = _blocks([(piece * scale).astype(jnp.float16) for piece in pieces])
    total = jnp.zeros_like(mask)
    for block, matrix in zip(narrow, matrices, strict=True):
        total += jnp.dot(matrix, block, preferred_element_type=jnp.float32)
    return total / scale * mask


def _made(
    step: Callable[..., Any], carried: int, values: Sequence[jax.Array], recurrent: jax.Array, reverse: bool
) -> list[int]:
    """How many pieces each result of a step has."""
    width, gates = len(recurrent), recurrent.shape[1] // len(recurrent)
    piece = jax.ShapeDtypeStruct((width, ROWS), jnp.float32)
    pieces = [piece] * sum(value.shape[-1] // width for value in values)

    def product(x: Any) -> Any:
        blank = jnp.zeros((width, ROWS), jnp.float32)
        return blank if reverse else [blank] * gates

    _, made = jax.eval_shape(lambda *given: step(*given, product), [piece] * carried, pieces)
    return [len(parts) for parts in made]


def _of_rows(array: jax.Array) -> Any:
    """Of an array (B, …), the rows of one block of threads."""
    from jax.experimental import pallas

    return pallas.BlockSpec((ROWS, *array.shape[1:]), lambda i, n=array.ndim: (i, *(0 for _ in range(n - 1))))


def _padded(array: jax.Array, rows: int) -> jax.Array:
    return jnp.pad(array, ((0, rows - len(array)), *((0, 0) for _ in array.shape[1:])))


def _columns(ref: Any, width: int) -> list[slice]:
    """The columns of some pieces, in blocks of 4, 2 or 1 of them: what threads exchange together takes less time."""
    return [slice(start * width, stop * width) for start, stop in _powers_of_two(ref.shape[-1] // width)]


def _pieces(blocks: Sequence[Any], width: int) -> list[Any]:
    """Pieces (H, S) of blocks of them one upon the other."""
    return [piece for block in blocks for piece in lax.split(block, [width] * (len(block) // width))]


def _blocks(pieces: Sequence[Any]) -> list[Any]:
    """Pieces (H, S) one upon the other, in blocks of 4, 2 or 1 of them."""
    return [_stacked(pieces[start:stop]) for start, stop in _powers_of_two(len(pieces))]


def _stacked(pieces: Sequence[Any]) -> Any:
    """Pieces of a power of two, one upon the other, by pairs: more is not known to the compiler of kernels."""
    if len(pieces) == 1:
        return pieces[0]
    half = len(pieces) // 2
    pair = jnp.stack([_stacked(pieces[:half]), _stacked(pieces[half:])], axis=-1)
    return pair.transpose(2, 0, 1).reshape(-1, pair.shape[1])


def _powers_of_two(count: int) -> list[tuple[int, int]]:
    """Where parts of `count` begin and end that are powers of two, the largest first."""
    sizes = [1 << bit for bit in reversed(range(count.bit_length())) if count >> bit & 1]
    return list(pairwise(accumulate(sizes, initial=0)))


def _grouped(refs: Sequence[Any], *sizes: int) -> list[Sequence[Any]]:
    """Groups of some sizes one after the other, and the rest."""
    groups, start = [], 0
    for size in sizes:
        groups.append(refs[start : start + size])
        start += size
    return [*groups, refs[start:]]
