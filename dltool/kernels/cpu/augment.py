"""Gathering images with random augmentation; all channels of a pixel move together, as vectors."""

from __future__ import annotations

from typing import NamedTuple

from numpy import float32, float64, uint32

from dltool.kernels.cpu.batch import channels_at, scaling
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_word, lane_numbers, set_lane, sum_lanes, used_lanes
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.pointers import advance, as_bytes, at
from dltool.kernels.cpu.sums import column_sums
from dltool.kernels.cpu.vector import constant, fma, load, load_bytes, select, splat, store
from dltool.kernels.records import EPOCH, LANES, POSITION

#: what each of the random numbers of a sample is for
(
    DOWN, RIGHT, FLIP, FLOP, ANGLE, SHIFT_DOWN, SHIFT_RIGHT, SCALE, SHEAR, CUT_DOWN, CUT_RIGHT, BRIGHTNESS, CONTRAST,
    SATURATION,
) = range(14)  # fmt: skip
#: terms of the series of sine and cosine: enough for half a turn
TERMS = 12


class Moves(NamedTuple):
    """How far an image may move, as the op has it (`dltool.ops.augment`)."""

    crop: int
    horizontal: int
    vertical: int
    rotate: float
    down: float
    right: float
    low: float
    high: float
    shear: float


def drawn(words, which):
    """The random number for one use, in [0, 1)."""
    return float64(get_word(words, which)) * 2.0**-32


def either_side(words, which, reach):
    """A random number in [-reach, reach)."""
    return (2.0 * drawn(words, which) - 1.0) * reach


@kernel
def gather_augmented(
    data, rows: Integers, offset, factor, y, crop, horizontal, vertical, rotate, down, right, scale_low, scale_high,
    shear, cutout, brightness, contrast, saturation, stream, key, width, of_bytes, step, low, high,
):  # fmt: skip
    """y (H, W, C) = the rows of data (H, W, C), scaled, moved, turned, cut and colored at random; overwrites y."""
    moves = Moves(crop, horizontal, vertical, rotate, down, right, scale_low, scale_high, shear)
    count, depth = y.rows_per_sample, y.channels
    size = count * depth
    colors = brightness + contrast + saturation > 0.0
    for sample in range(low, high):
        words, _, _, _ = philox(
            splat(uint32(step[POSITION] + sample)), lane_numbers(), splat(uint32(step[EPOCH])), splat(uint32(stream)),
            uint32(key), uint32(key >> 32),
        )  # fmt: skip
        for block in range(y.blocks):
            shift, scale = scaling(offset, block, depth), scaling(factor, block, depth)
            target = at(y, block * y.rows + sample * count)
            first = rows[sample] * size + block * LANES
            if of_bytes != 0:
                image = advance(as_bytes(data), first)
                move(moves, words, image, target, shift, scale, block, count // width, width, depth, load_bytes)
            else:
                image = advance(data, first)
                move(moves, words, image, target, shift, scale, block, count // width, width, depth, load)
            cut(cutout, words, target, (constant(0) - shift) * scale, count // width, width)
            if colors:
                white = float32(255) if of_bytes != 0 else float32(1)
                reach = scale * splat(white)
                color(brightness, contrast, saturation, words, target, reach, count, used_lanes(block, depth))


def move(moves, words, image, target, shift, scale, block, height, width, depth, load_pixel):
    """One block of one sample, pixel by pixel from where it comes, scaled."""
    choices = 2 * moves.crop + 1
    down, right = int(drawn(words, DOWN) * choices) - moves.crop, int(drawn(words, RIGHT) * choices) - moves.crop
    flips = moves.vertical != 0 and drawn(words, FLIP) < 0.5
    flops = moves.horizontal != 0 and drawn(words, FLOP) < 0.5
    turned = moves.rotate + moves.down + moves.right + moves.shear
    if turned == 0.0 and moves.low == 1.0 and moves.high == 1.0:
        move_whole(image, target, shift, scale, block, height, width, depth, load_pixel, down, right, flips, flops)
    else:
        turn(
            moves, words, image, target, shift, scale, block, height, width, depth, load_pixel, down, right, flips,
            flops,
        )  # fmt: skip


def move_whole(image, target, shift, scale, block, height, width, depth, load_pixel, down, right, flips, flops):
    """Pixels come to lie on pixels."""
    used = used_lanes(block, depth)
    size = height * width * depth
    outside = (constant(0) - shift) * scale
    first = width - 1 + right if flops else right  # where the first column comes from, and the way to the next
    way = -1 if flops else 1
    begin = max(0, first - width + 1) if flops else max(0, -first)
    end = min(width, first + 1) if flops else min(width, width - first)
    for row in range(height):
        from_row = (height - 1 - row if flips else row) + down
        line = at(target, row * width)
        if from_row < 0 or from_row >= height:
            for column in range(width):
                store(line, column * LANES, outside)
            continue
        for column in range(begin):
            store(line, column * LANES, outside)
        for column in range(max(0, end), width):
            store(line, column * LANES, outside)
        last = (from_row + 1) * width * depth + LANES <= size  # vectors end within the image
        place = (from_row * width + first + begin * way) * depth
        for column in range(begin, end):
            value = load_pixel(image, place) if last else channels_at(image, place, block, depth, size, load_pixel)
            store(line, column * LANES, select(used, (value - shift) * scale, constant(0)))
            place += way * depth


def turn(
    moves, words, image, target, shift, scale, block, height, width, depth, load_pixel, down, right, flips, flops
):  # fmt: skip
    """Pixels come from between four: turned, enlarged and sheared about the middle, then moved."""
    used = used_lanes(block, depth)
    cosine, sine = turned(either_side(words, ANGLE, moves.rotate))
    least, most = moves.low, moves.high
    enlarged = least + drawn(words, SCALE) * (most - least)
    cosine, sine = cosine / enlarged, sine / enlarged
    shear = either_side(words, SHEAR, moves.shear)
    middle_row, middle_column = (height - 1) / 2.0, (width - 1) / 2.0
    first_row = middle_row + down + either_side(words, SHIFT_DOWN, moves.down) * height
    first_column = middle_column + right + either_side(words, SHIFT_RIGHT, moves.right) * width
    for row in range(height):
        below = (height - 1 - row if flips else row) - middle_row
        for column in range(width):
            beside = (width - 1 - column if flops else column) - middle_column + shear * below
            value = between(
                image, cosine * below - sine * beside + first_row, sine * below + cosine * beside + first_column,
                block, height, width, depth, load_pixel,
            )  # fmt: skip
            store(target, (row * width + column) * LANES, select(used, (value - shift) * scale, constant(0)))


def turned(angle):
    """Cosine and sine, by their series."""
    cosine, sine, term = 1.0, angle, angle
    power = 1.0
    for i in range(1, TERMS):
        power = -power * angle * angle / float64((2 * i - 1) * (2 * i))
        term = -term * angle * angle / float64((2 * i) * (2 * i + 1))
        cosine += power
        sine += term
    return cosine, sine


def between(image, row, column, block, height, width, depth, load_pixel):
    """Bilinear interpolation; what lies outside is black."""
    top, left = int(row + 65536.0) - 65536, int(column + 65536.0) - 65536  # rounds down below 0 too
    if top < -1 or top >= height or left < -1 or left >= width:
        return constant(0)
    down, right = splat(float32(row - top)), splat(float32(column - left))
    place = (top * width + left) * depth
    end = place + (width + 2) * depth + LANES  # behind the last of four vectors
    if top >= 0 and left >= 0 and left < width - 1 and end <= height * width * depth:
        one, other = load_pixel(image, place), load_pixel(image, place + depth)
        upper = fma(other - one, right, one)
        one, other = load_pixel(image, place + width * depth), load_pixel(image, place + (width + 1) * depth)
        lower = fma(other - one, right, one)
        return fma(lower - upper, down, upper)
    one = inside(image, top, left, block, height, width, depth, load_pixel)
    other = inside(image, top, left + 1, block, height, width, depth, load_pixel)
    upper = fma(other - one, right, one)
    one = inside(image, top + 1, left, block, height, width, depth, load_pixel)
    other = inside(image, top + 1, left + 1, block, height, width, depth, load_pixel)
    lower = fma(other - one, right, one)
    return fma(lower - upper, down, upper)


def inside(image, row, column, block, height, width, depth, load_pixel):
    """The channels of a pixel, or black."""
    if row < 0 or row >= height or column < 0 or column >= width:
        return constant(0)
    return channels_at(image, (row * width + column) * depth, block, depth, height * width * depth, load_pixel)


def cut(size, words, target, outside, height, width):
    """A square is cut out, as far as it lies within the image."""
    top = int(drawn(words, CUT_DOWN) * height) - size // 2
    left = int(drawn(words, CUT_RIGHT) * width) - size // 2
    for row in range(max(0, top), min(height, top + size)):
        for column in range(max(0, left), min(width, left + size)):
            store(target, (row * width + column) * LANES, outside)


def color(brightness, contrast, saturation, words, y, reach, count, used):
    """Contrast about each channel's mean, brightness, and saturation between color and gray."""
    contrasted = splat(float32(1.0 + either_side(words, CONTRAST, contrast)))
    brightened = splat(float32(either_side(words, BRIGHTNESS, brightness))) * reach
    saturated = splat(float32(1.0 + either_side(words, SATURATION, saturation)))
    mean = column_sums(y, count) * splat(float32(1) / float32(count))
    mixes = saturation > 0.0
    grays = set_lane(set_lane(set_lane(constant(0), 0, float32(0.299)), 1, float32(0.587)), 2, float32(0.114))
    for i in range(count):
        value = fma(load(y, i * LANES) - mean, contrasted, mean + brightened)
        if mixes:
            gray = splat(sum_lanes(value * grays))
            value = fma(value - gray, saturated, gray)
        store(y, i * LANES, select(used, value, constant(0)))
