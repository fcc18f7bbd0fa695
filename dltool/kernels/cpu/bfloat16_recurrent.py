"""Recurrent layers with weights as words of two numbers in bfloat16: pairs of inputs, in gradients pairs of outputs."""

from __future__ import annotations

from dltool.kernels.cpu.gru import gru_steps, gru_steps_back
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lstm import lstm_steps, lstm_steps_back
from dltool.kernels.cpu.simple_rnn import simple_rnn_steps, simple_rnn_steps_back


@kernel
def bfloat16_lstm(products, recurrent, extras, y, gates, cells, masked, tiles, workspace, step, low, high):
    """As `lstm`."""
    lstm_steps(products, recurrent, extras, y, gates, cells, masked, 2, tiles, workspace, low, high)


@kernel
def bfloat16_lstm_gradient(gates, recurrent, dy, cells, extras, dproducts, masked, tiles, workspace, step, low, high):
    """As `lstm_gradient`."""
    lstm_steps_back(gates, recurrent, dy, cells, extras, dproducts, masked, 2, tiles, workspace, low, high)


@kernel
def bfloat16_gru(products, recurrent, bias, extras, y, gates, candidates, masked, tiles, workspace, step, low, high):
    """As `gru`."""
    gru_steps(products, recurrent, bias, extras, y, gates, candidates, masked, 2, tiles, workspace, low, high)


@kernel
def bfloat16_gru_gradient(
    gates, recurrent, dy, candidates, y, extras, dproducts, dsums, masked, tiles, workspace, step, low, high
):
    """As `gru_gradient`."""
    gru_steps_back(
        gates, recurrent, dy, candidates, y, extras, dproducts, dsums, masked, 2, tiles, workspace, low, high
    )


@kernel
def bfloat16_simple_rnn(products, recurrent, extras, y, relu, masked, tiles, workspace, step, low, high):
    """As `simple_rnn`."""
    simple_rnn_steps(products, recurrent, extras, y, relu, masked, 2, tiles, workspace, low, high)


@kernel
def bfloat16_simple_rnn_gradient(dy, recurrent, y, extras, dproducts, relu, masked, tiles, workspace, step, low, high):
    """As `simple_rnn_gradient`."""
    simple_rnn_steps_back(dy, recurrent, y, extras, dproducts, relu, masked, 2, tiles, workspace, low, high)
