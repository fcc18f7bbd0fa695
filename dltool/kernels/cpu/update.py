"""What happens to parameters once their gradient is known: accumulation, the step of the optimizer, averages.

All work on vectors of 16 numbers, from `low` to `high`; a gradient buffer may hold just that chunk. Step-dependent
numbers come as scalars, in the order in which the optimizer lists them.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, float_pointer, prefetch_to_read
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, sqrt, store
from dltool.kernels.records import LANES, NUMBER, SCALARS, STEP

#: vectors of a parameter (2 MiB) from which on it is in memory, with what belongs to it, rather than in the caches
LARGE = 1 << 15


def decay(decays, coupled, decoupled):
    """The two weight-decay factors of this parameter: what is added to the gradient, and what is left of the weight."""
    applies = float32(decays)
    return splat(coupled * applies), splat(float32(1) - decoupled * applies)


@kernel
def sgd(w, g, decays, step, low, high):
    """w = w · (1 - decoupled) + s_out · s_in · (g + coupled · w); overwrites w."""
    g, s = chunk(g, low), float_pointer(step[SCALARS])
    coupled, left = decay(decays, s[4], s[5])
    rate = splat(s[1] * s[2])
    for i in range(low * LANES, high * LANES, LANES):
        value = load(w, i)
        store(w, i, fma(rate, fma(coupled, value, load(g, i)), value * left))


@kernel
def momentum(w, v, g, nesterov, decays, step, low, high):
    """v = momentum · v + s_in · (g + coupled · w); w = w · (1 - decoupled) + s_out · v (or its look-ahead)."""
    g, s = chunk(g, low), float_pointer(step[SCALARS])
    coupled, left = decay(decays, s[4], s[5])
    inner, outer, kept = splat(s[1]), splat(s[2]), splat(s[3])
    nesterov = nesterov != 0
    for i in range(low * LANES, high * LANES, LANES):
        value = load(w, i)
        u = inner * fma(coupled, value, load(g, i))
        velocity = fma(kept, load(v, i), u)
        store(v, i, velocity)
        direction = fma(kept, velocity, u) if nesterov else velocity
        store(w, i, fma(outer, direction, value * left))


@kernel
def adam(w, m, v, g, decays, step, low, high):
    """m = β₁m + (1-β₁)g; v = β₂v + (1-β₂)g²; w = w · (1 - decoupled) - a · m / (√v · c + ε) (Kingma and Ba 2015)."""
    g, s = chunk(g, low), float_pointer(step[SCALARS])
    rate, correction, epsilon = splat(-s[0]), splat(s[1]), splat(s[6])
    large, ahead = w.blocks * w.rows >= LARGE, w.rows * LANES  # the next item lies in the next block of columns
    kept_m, new_m, kept_v, new_v = splat(s[2]), splat(s[3]), splat(s[4]), splat(s[5])
    coupled, left = decay(decays, s[7], s[8])
    for i in range(low * LANES, high * LANES, LANES):
        value = load(w, i)
        gradient = fma(coupled, value, load(g, i))
        first = fma(kept_m, load(m, i), new_m * gradient)
        if large:
            for array in (w, m, v):
                prefetch_to_read(advance(array, i + ahead))
        second = fma(kept_v, load(v, i), new_v * gradient * gradient)
        store(m, i, first)
        store(v, i, second)
        store(w, i, fma(rate, first / fma(sqrt(second), correction, epsilon), value * left))


@kernel
def rmsprop(w, v, g, decays, step, low, high):
    """v = ρv + (1-ρ)g²; w = w · (1 - decoupled) - lr · g / (√(v + ε_inside) + ε_outside) (Tieleman and Hinton 2012)."""
    g, s = chunk(g, low), float_pointer(step[SCALARS])
    rate, kept, new = splat(-s[0]), splat(s[1]), splat(float32(1) - s[1])
    inside, outside = splat(s[2]), splat(s[3])
    coupled, left = decay(decays, s[4], s[5])
    for i in range(low * LANES, high * LANES, LANES):
        value = load(w, i)
        gradient = fma(coupled, value, load(g, i))
        square = fma(kept, load(v, i), new * gradient * gradient)
        store(v, i, square)
        store(w, i, fma(rate, gradient / (sqrt(square + inside) + outside), value * left))


@kernel
def adagrad(w, s, g, decays, step, low, high):
    """s = s + g²; w = w · (1 - decoupled) - lr · g / (√(s + ε_inside) + ε_outside) (Duchi et al. 2011)."""
    total, g, s = s, chunk(g, low), float_pointer(step[SCALARS])
    rate, inside, outside = splat(-s[0]), splat(s[1]), splat(s[2])
    coupled, left = decay(decays, s[3], s[4])
    for i in range(low * LANES, high * LANES, LANES):
        value = load(w, i)
        gradient = fma(coupled, value, load(g, i))
        square = fma(gradient, gradient, load(total, i))
        store(total, i, square)
        # a weight that never had a gradient (padding among them) must not become 0 / 0, while NaN must stay
        change = select(square > constant(0), gradient / (sqrt(square + inside) + outside), square)
        store(w, i, fma(rate, change, value * left))


@kernel
def lion(w, m, g, decays, step, low, high):
    """w = w · (1 - decoupled) - lr · sign(β₁m + (1-β₁)g); m = β₂m + (1-β₂)g (Chen et al. 2023)."""
    g, s = chunk(g, low), float_pointer(step[SCALARS])
    rate, kept_now, kept = splat(-s[0]), splat(s[1]), splat(s[2])
    new_now, new = splat(float32(1) - s[1]), splat(float32(1) - s[2])
    coupled, left = decay(decays, s[3], s[4])
    for i in range(low * LANES, high * LANES, LANES):
        value, old = load(w, i), load(m, i)
        gradient = fma(coupled, value, load(g, i))
        direction = fma(kept_now, old, new_now * gradient)
        store(m, i, fma(kept, old, new * gradient))
        sign = select(direction > constant(0), constant(1), select(direction < constant(0), constant(-1), direction))
        store(w, i, fma(rate, sign, value * left))


@kernel
def average(w, e, decay, step, low, high):
    """e = decay · e + (1 - decay) · w, in the first update of a training e = w; overwrites e."""
    kept = float32(decay) if step[STEP] != 0 else float32(0)
    for i in range(low * LANES, high * LANES, LANES):
        store(e, i, fma(splat(kept), load(e, i), splat(float32(1) - kept) * load(w, i)))


@kernel
def sum_gradients(a, b, y, step, low, high):
    """y = a + b; overwrites y."""
    a, b, y = chunk(a, low), chunk(b, low), chunk(y, low)
    for i in range(low * LANES, high * LANES, LANES):
        store(y, i, load(a, i) + load(b, i))


@kernel
def accumulate(g, total, step, low, high):
    """total = g in the first micro-batch of an update, else total + g; overwrites total."""
    g = chunk(g, low)
    first = step[NUMBER] == 0
    for i in range(low * LANES, high * LANES, LANES):
        value = load(g, i)
        store(total, i, value if first else load(total, i) + value)
