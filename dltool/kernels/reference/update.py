"""Reference updates: w, its slots and its gradient g have one shape; the new w and slots are returned.

`decays` says whether the weight decay in the scalars applies: coupled is added to g as coupled · w, decoupled shrinks
w by that fraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def sum_gradients(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y = a + b."""
    return a + b


def sgd(w: np.ndarray, g: np.ndarray, *, decays: int, step: StepRecord) -> np.ndarray:
    """w −= lr · g."""
    lr, _, _, _, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    return w - lr * g


def momentum(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, *, nesterov: int, decays: int, step: StepRecord
) -> tuple[np.ndarray, np.ndarray]:
    """u = s_in · g; v = momentum · v + u; w += s_out · v, or s_out · (momentum · v + u) for Nesterov's form.

    Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    """
    _, s_in, s_out, friction, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    u = s_in * g
    v = friction * v + u
    return w + s_out * (friction * v + u if nesterov else v), v


def adam(
    w: np.ndarray, m: np.ndarray, v: np.ndarray, g: np.ndarray, *, decays: int, step: StepRecord
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; w −= a · m / (√v · c + eps) (Kingma and Ba, 2015).

    The bias correction is in a and c.
    """
    xp = namespace(w)
    a, c, beta1, rest1, beta2, rest2, eps, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    m = beta1 * m + rest1 * g
    v = beta2 * v + rest2 * g * g
    return w - a * m / (xp.sqrt(v) * c + eps), m, v


def rmsprop(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, *, decays: int, step: StepRecord
) -> tuple[np.ndarray, np.ndarray]:
    """v = rho · v + (1 − rho) · g²; w −= lr · g / (√(v + eps_inside) + eps_outside) (Tieleman and Hinton, 2012)."""
    xp = namespace(w)
    lr, rho, eps_inside, eps_outside, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    v = rho * v + (1 - rho) * g * g
    return w - lr * g / (xp.sqrt(v + eps_inside) + eps_outside), v


def adagrad(
    w: np.ndarray, s: np.ndarray, g: np.ndarray, *, decays: int, step: StepRecord
) -> tuple[np.ndarray, np.ndarray]:
    """s += g²; w −= lr · g / (√(s + eps_inside) + eps_outside) (Duchi et al., 2011)."""
    xp = namespace(w)
    lr, eps_inside, eps_outside, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    s = s + g * g
    return w - lr * g / (xp.sqrt(s + eps_inside) + eps_outside), s


def lion(
    w: np.ndarray, m: np.ndarray, g: np.ndarray, *, decays: int, step: StepRecord
) -> tuple[np.ndarray, np.ndarray]:
    """w −= lr · sign(β₁ m + (1 − β₁) g), sign(0) = 0; then m = β₂ m + (1 − β₂) g (Chen et al., 2023)."""
    xp = namespace(w)
    lr, beta1, beta2, coupled, decoupled = step.scalars
    w, g = _decayed(w, g, coupled, decoupled, decays)
    direction = xp.sign(beta1 * m + (1 - beta1) * g)
    return w - lr * direction, beta2 * m + (1 - beta2) * g


def _decayed(
    w: np.ndarray, g: np.ndarray, coupled: float, decoupled: float, decays: int
) -> tuple[np.ndarray, np.ndarray]:
    """(w, g) after weight decay: w shrunk by the decoupled fraction, g with the coupled share of the w before."""
    return (w * (1 - decoupled), g + coupled * w) if decays else (w, g)


def accumulate(g: np.ndarray, total: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """total = g in the first micro-batch of an update, else total + g, of one shape."""
    return namespace(g).where(step.first, g, total + g)


def average(w: np.ndarray, e: np.ndarray, *, decay: float, step: StepRecord) -> np.ndarray:
    """e = decay · e + (1 − decay) · w, of one shape; in the first update of a training e = w."""
    return namespace(w).where(step.step == 0, w, decay * e + (1 - decay) * w)
