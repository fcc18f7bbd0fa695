"""What a kernel keeps in the workspace of its thread, and where: the same functions tell planning and the kernels.

Places and sizes are in vectors of 16 floats; the last number of a `…_space` is where all of it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dltool.kernels.geometry import covered, margins, taps
from dltool.kernels.records import LANES
from dltool.kernels.winograd import BAND, POINTS, line_width, output_width, rows_together, tile_counts, window_sizes

ACROSS = 4  # blocks of columns that tiles take together at most
TAP_FIELDS = 3  # a tap: where it begins in the one and the other operand, in floats, and how many terms it has
PHASE_FIELDS = 6  # what a depthwise convolution keeps of each phase of an axis
LANE_TILE_FIELDS = 8  # and what its tiles are told: which they are, how much they do, and how far apart things are
QUERIES, KEYS = 64, 128  # of a tile of an attention
WORD_BLOCKS = 8  # of depth that a product in bfloat16 takes at once: panels of 8 KiB, in the first-level cache
STEPS_TOGETHER = 4  # of sequences that are made dense at a time


def integer_vectors(count):
    """Vectors that hold `count` integers."""
    return (count * 2 + LANES - 1) // LANES


def table_vectors(count):
    """Vectors that hold a table of `count` taps."""
    return integer_vectors(count * TAP_FIELDS)


def image_vectors(g, depth):
    """Vectors of a padded image of `depth` blocks, its columns sorted by their place within a stride."""
    height, width = covered(g)
    return height * (-(-width // g.stride_width) * g.stride_width) * depth


def bfloat16_weight_gradient_space():
    """Behind the table of taps: a vector of zeros, blocks of sums."""
    zeros = table_vectors(1)
    return zeros, zeros + 1, zeros + 1 + ACROSS * LANES


def bfloat16_conv_data_gradient_space(g, depth):
    """Behind the table of taps: the padded image, lines of pixels."""
    _, _, height, width = margins(g)
    image = table_vectors(taps(g) * depth + g.stride_height * g.stride_width)
    pixels = image + depth * height * width
    return image, pixels, pixels + ACROSS * g.width


def pixel_words(g):
    """Words of a line of pixels that a kernel moves over, of those with one place within a stride."""
    _, width = covered(g)
    return -(-width // g.stride_width) // 2 + 2


def pixel_shifts(g):
    """Ways to pair pixels: the second begins with the second pixel, for taps that are an odd number of pixels away."""
    return 1 if (g.kernel_width - 1) * g.dilation_width < g.stride_width else 2


def bfloat16_conv_weight_gradient_space(g, depth):
    """Behind the table of taps: a vector of zeros, words of the padded image, words of a block of dy."""
    height, _ = covered(g)
    zeros = table_vectors(g.out_height)
    upstream = zeros + 1 + pixel_shifts(g) * 2 * depth * height * g.stride_width * pixel_words(g)
    return zeros, zeros + 1, upstream, upstream + g.out_height * ((g.out_width + 1) // 2)


def conv_space(g, depth):
    """Behind the table of taps: the padded image."""
    image = table_vectors(taps(g) * depth)
    return image, image + image_vectors(g, depth)


def conv_data_gradient_space(g, depth, columns):
    """Behind the table of taps: the padded image, panels of transposed weights, a block of these, lines of pixels."""
    _, _, height, width = margins(g)
    image = table_vectors(taps(g) * depth + g.stride_height * g.stride_width)
    panel = image + depth * height * width
    together = min(ACROSS, columns)
    square = panel + together * taps(g) * depth * LANES
    pixels = square + LANES
    return image, panel, square, pixels, pixels + together * g.width


def conv_weight_gradient_space(g, depth):
    """Behind the table of taps: a vector of zeros, the padded image."""
    zeros = table_vectors(g.out_height)
    return zeros, zeros + 1, zeros + 1 + image_vectors(g, depth)


def depthwise_space(down, right):
    """Phases along the height and along the width; behind these: the strides."""
    strides = (down + right) * PHASE_FIELDS
    return strides, integer_vectors(strides + LANE_TILE_FIELDS)


def depthwise_weight_gradient_space(g):
    """Behind the strides: the padded image."""
    image = integer_vectors(LANE_TILE_FIELDS)
    return image, image + image_vectors(g, 1)


def winograd_space(g, depth, columns):
    """Behind the table of taps: a line of zeros, lines of x, these transformed, products, lines of y."""
    _, across = tile_counts(g)
    seen_height, _ = window_sizes(g)
    together = rows_together(across)
    zeros = table_vectors(depth)
    lines = zeros + line_width(g)
    transformed = lines + depth * together * seen_height * line_width(g)
    products = transformed + POINTS * depth * (together * across + 1)
    results = products + POINTS * (together * across + 1)
    return zeros, lines, transformed, products, results, results + columns * together * seen_height * output_width(g)


def winograd_weight_gradient_space(g, depth, channels, columns):
    """Behind the table of taps: a line of zeros, lines of x and of dy, both transformed, sums at the points."""
    _, across = tile_counts(g)
    seen_height, _ = window_sizes(g)
    together, band = rows_together(across), min(BAND, columns)
    zeros = table_vectors(1)
    lines = zeros + line_width(g)
    lines_of_y = lines + depth * together * seen_height * line_width(g)
    transformed = lines_of_y + band * together * seen_height * output_width(g)
    upstream = transformed + POINTS * depth * (together * across + 1)
    sums = upstream + POINTS * (together * across + 1)
    return zeros, lines, lines_of_y, transformed, upstream, sums, sums + band * seen_height * POINTS * channels


def winograd_weights_space(kernel_height, kernel_width):
    """The points of one row of weights; behind these, where weights are turned: a panel of them, a block."""
    panel = POINTS * POINTS
    square = panel + kernel_height * kernel_width * LANES
    return panel, square, square + LANES


def group_norm_gradient_space(depth):
    """Two sums for each channel."""
    return depth, 2 * depth


def dense_vectors(blocks, count):
    """Vectors of a dense value, of `count` samples at one step; odd, so that steps do not meet in a set of a cache."""
    return blocks * count | 1


def mask_vectors(blocks, count):
    """Vectors of a dense mask, and of what it is multiplied by."""
    return 2 * dense_vectors(blocks, count)


def slopes_vectors(blocks, count, gate_blocks):
    """The same, and behind it the states or slopes of one step that a product sees, rounded."""
    return mask_vectors(blocks, count) + dense_vectors(gate_blocks, count)


def lstm_space(count, blocks, gate_blocks):
    """Behind the hidden state of some steps and the one before: as many cells; the gates; the mask."""
    states = (STEPS_TOGETHER + 1) * dense_vectors(blocks, count)
    mask = 2 * states + STEPS_TOGETHER * dense_vectors(gate_blocks, count)
    return states, 2 * states, mask, mask + slopes_vectors(blocks, count, blocks)


def lstm_gradient_space(count, blocks, gate_blocks):
    """Behind the transposed weights: slopes of cell and hidden states, cells, gates and those a step on, the mask."""
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gate_blocks, count)
    dcell = blocks * gate_blocks * LANES
    dhidden = dcell + size
    cells = dhidden + STEPS_TOGETHER * size
    gates = cells + (STEPS_TOGETHER + 1) * size
    mask = gates + (STEPS_TOGETHER + 1) * gates_size
    return dcell, dhidden, cells, gates, mask, mask + slopes_vectors(blocks, count, gate_blocks)


def gru_space(count, blocks, gate_blocks):
    """Behind the hidden state of some steps and the one before: as many candidates; gates; sums of a step; mask."""
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gate_blocks, count)
    candidates = (STEPS_TOGETHER + 1) * size
    gates = candidates + STEPS_TOGETHER * size
    sums = gates + STEPS_TOGETHER * gates_size
    mask = sums + gates_size
    return candidates, gates, sums, mask, mask + slopes_vectors(blocks, count, blocks)


def gru_gradient_space(count, blocks, gate_blocks):
    """Behind the transposed weights: what is kept of slopes, slopes, candidates, hidden states, gates, sums, mask."""
    size, gates_size = dense_vectors(blocks, count), dense_vectors(gate_blocks, count)
    kept = blocks * gate_blocks * LANES
    dhidden = kept + size
    candidates = dhidden + STEPS_TOGETHER * size
    hidden = candidates + STEPS_TOGETHER * size
    gates = hidden + STEPS_TOGETHER * size
    sums = gates + STEPS_TOGETHER * gates_size
    mask = sums + (STEPS_TOGETHER + 1) * gates_size
    end = mask + slopes_vectors(blocks, count, gate_blocks)
    return kept, dhidden, candidates, hidden, gates, sums, mask, end


def simple_rnn_space(count, blocks):
    """Behind the hidden state of some steps and the one before: the mask."""
    mask = (STEPS_TOGETHER + 1) * dense_vectors(blocks, count)
    return mask, mask + slopes_vectors(blocks, count, blocks)


def simple_rnn_gradient_space(count, blocks):
    """Behind the transposed weights: slopes of some steps and one more, hidden states, the mask."""
    slopes, size = blocks * blocks * LANES, dense_vectors(blocks, count)
    hidden = slopes + (STEPS_TOGETHER + 1) * size
    mask = hidden + STEPS_TOGETHER * size
    return slopes, hidden, mask, mask + slopes_vectors(blocks, count, blocks)


def head_vectors(steps, width):
    """Vectors of all steps of one head, in whole blocks of steps and channels."""
    return -(-steps // LANES) * LANES * -(-width // LANES)


def attention_space(steps, width):
    """Behind queries: keys, values, results, panels of keys, scores, factors, the largest and the sum of each query."""
    size, tile = head_vectors(steps, width), QUERIES * KEYS // LANES
    scores = 5 * size
    factors, rows = scores + tile, scores + 2 * tile
    return size, 2 * size, 3 * size, 4 * size, scores, factors, rows, rows + 2 * QUERIES // LANES


def attention_gradient_space(steps, width):
    """Behind queries: dy, keys, slopes of all three, panels of both, powers, slopes of scores, means, factors."""
    size, tile = head_vectors(steps, width), QUERIES * KEYS // LANES
    panels = 6 * size
    powers = panels + 2 * size
    means = powers + 2 * tile
    factors = means + -(-steps // LANES)
    return (
        size, 2 * size, 3 * size, 4 * size, 5 * size, panels, panels + size, powers, powers + tile, means, factors,
        factors + tile,
    )  # fmt: skip


#: vectors that a kernel needs, of what it is called with, by name
SPACES: Mapping[str, Callable[..., int]] = {
    "bfloat16_conv": lambda geometry, x: conv_space(geometry, x.blocks)[-1],
    "bfloat16_conv_data_gradient": lambda geometry, dy: bfloat16_conv_data_gradient_space(geometry, dy.blocks)[-1],
    "bfloat16_conv_weight_gradient": lambda geometry, x: bfloat16_conv_weight_gradient_space(geometry, x.blocks)[-1],
    "bfloat16_matmul": lambda: table_vectors(WORD_BLOCKS),
    "bfloat16_weight_gradient": lambda: bfloat16_weight_gradient_space()[-1],
    "pair_outputs": lambda: LANES,
    "conv": lambda geometry, x: conv_space(geometry, x.blocks)[-1],
    "conv_data_gradient": lambda geometry, dy, dx: conv_data_gradient_space(geometry, dy.blocks, dx.blocks)[-1],
    "conv_weight_gradient": lambda geometry, x: conv_weight_gradient_space(geometry, x.blocks)[-1],
    "depthwise": lambda geometry: depthwise_space(1, 1)[-1],
    "depthwise_data_gradient": lambda geometry: depthwise_space(geometry.stride_height, geometry.stride_width)[-1],
    "depthwise_weight_gradient": lambda geometry: depthwise_weight_gradient_space(geometry)[-1],
    "winograd": lambda geometry, x, y: winograd_space(geometry, x.blocks, y.blocks)[-1],
    "winograd_weight_gradient": lambda geometry, x, dy: winograd_weight_gradient_space(
        geometry, x.blocks, x.channels, dy.blocks
    )[-1],
    "winograd_weights": lambda kernel_height, kernel_width: winograd_weights_space(kernel_height, kernel_width)[-1],
    "winograd_turned_weights": lambda kernel_height, kernel_width: winograd_weights_space(kernel_height, kernel_width)[
        -1
    ],
    "lstm": lambda y, gates: lstm_space(y.samples, y.blocks, gates.blocks)[-1],
    "bfloat16_lstm": lambda y, gates: lstm_space(y.samples, y.blocks, gates.blocks)[-1],
    "lstm_gradient": lambda dy, gates: lstm_gradient_space(dy.samples, dy.blocks, gates.blocks)[-1],
    "bfloat16_lstm_gradient": lambda dy, gates: lstm_gradient_space(dy.samples, dy.blocks, gates.blocks)[-1],
    "gru": lambda y, gates: gru_space(y.samples, y.blocks, gates.blocks)[-1],
    "bfloat16_gru": lambda y, gates: gru_space(y.samples, y.blocks, gates.blocks)[-1],
    "gru_gradient": lambda dy, gates: gru_gradient_space(dy.samples, dy.blocks, gates.blocks)[-1],
    "bfloat16_gru_gradient": lambda dy, gates: gru_gradient_space(dy.samples, dy.blocks, gates.blocks)[-1],
    "simple_rnn": lambda y: simple_rnn_space(y.samples, y.blocks)[-1],
    "bfloat16_simple_rnn": lambda y: simple_rnn_space(y.samples, y.blocks)[-1],
    "simple_rnn_gradient": lambda y: simple_rnn_gradient_space(y.samples, y.blocks)[-1],
    "bfloat16_simple_rnn_gradient": lambda y: simple_rnn_gradient_space(y.samples, y.blocks)[-1],
    "cached_attention": lambda context: -(-context // LANES),
    "attention": lambda y, heads: attention_space(y.steps, y.channels // heads)[-1],
    "attention_gradient": lambda y, heads: attention_gradient_space(y.steps, y.channels // heads)[-1],
    "group_norm_gradient": lambda dy: group_norm_gradient_space(dy.blocks)[-1],
}
