"""Fetching images changed at random, to be trained on; all channels of a pixel move together, as vectors."""

from __future__ import annotations

from numpy import float32, float64, uint32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    attribute,
    blocks,
    byte_pointer,
    channels,
    floats,
    integers,
    number,
    rows,
    rows_per_sample,
)
from dltool.kernels.cpu.batch import channels_at, scaling
from dltool.kernels.cpu.bias import column_sums
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_word, lane_numbers, set_lane, sum_lanes
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, fma, inlined, load, load_bytes, select, splat, store
from dltool.kernels.records import ADDRESS, EPOCH, LANES, POSITION

#: what each of the random numbers of a sample is for
(
    DOWN, RIGHT, FLIP, FLOP, ANGLE, SHIFT_DOWN, SHIFT_RIGHT, SCALE, SHEAR, CUT_DOWN, CUT_RIGHT, BRIGHTNESS, CONTRAST,
    SATURATION,
) = range(14)  # fmt: skip
OPERANDS = 5
#: terms of the series of sine and cosine: enough for half a turn
TERMS = 12


@inlined
def drawn(words, which):
    """The random number for one use, in [0, 1)."""
    return float64(get_word(words, which)) * 2.0**-32


@inlined
def either_side(words, which, reach):
    """A random number in [-reach, reach)."""
    return (2.0 * drawn(words, which) - 1.0) * reach


@kernel
def gather_augmented(a, step, low, high):
    """y (H, W, C) = the rows of data (H, W, C), scaled, moved, turned, cut and colored at random; overwrites y."""
    chosen, y = integers(a, 1), floats(a, 4)
    stream, key, width = attribute(a, OPERANDS, 13), attribute(a, OPERANDS, 14), attribute(a, OPERANDS, 15)
    of_bytes = attribute(a, OPERANDS, 16) != 0
    count, depth = rows_per_sample(a, 4), channels(a, 4)
    size = count * depth
    colours = number(a, OPERANDS, 10) + number(a, OPERANDS, 11) + number(a, OPERANDS, 12) > 0.0
    for sample in range(low, high):
        words, _, _, _ = philox(
            splat(uint32(step[POSITION] + sample)), lane_numbers(), splat(uint32(step[EPOCH])), splat(uint32(stream)),
            uint32(key), uint32(key >> 32),
        )  # fmt: skip
        for block in range(blocks(a, 4)):
            shift, scale = scaling(a, 2, block), scaling(a, 3, block)
            target = at(y, block * rows(a, 4) + sample * count)
            first = chosen[sample] * size + block * LANES
            if of_bytes:
                image = advance(byte_pointer(a[ADDRESS]), first)
                move(a, words, image, target, shift, scale, block, width, load_bytes)
            else:
                image = advance(floats(a, 0), first)
                move(a, words, image, target, shift, scale, block, width, load)
            cut(a, words, target, (constant(0) - shift) * scale, count // width, width)
            if colours:
                white = float32(255) if of_bytes else float32(1)
                colour(a, words, target, scale * splat(white), count, block)


@inlined
def move(a, words, image, target, shift, scale, block, width, load_pixel):
    """One block of one sample, pixel by pixel from where it comes, scaled."""
    height = rows_per_sample(a, 4) // width
    crop = attribute(a, OPERANDS, 0)
    down, right = int(drawn(words, DOWN) * (2 * crop + 1)) - crop, int(drawn(words, RIGHT) * (2 * crop + 1)) - crop
    flips = attribute(a, OPERANDS, 2) != 0 and drawn(words, FLIP) < 0.5
    flops = attribute(a, OPERANDS, 1) != 0 and drawn(words, FLOP) < 0.5
    turned = number(a, OPERANDS, 3) + number(a, OPERANDS, 4) + number(a, OPERANDS, 5) + number(a, OPERANDS, 8)
    if turned == 0.0 and number(a, OPERANDS, 6) == 1.0 and number(a, OPERANDS, 7) == 1.0:
        move_whole(a, image, target, shift, scale, block, height, width, load_pixel, down, right, flips, flops)
    else:
        turn(a, words, image, target, shift, scale, block, height, width, load_pixel, down, right, flips, flops)


@inlined
def move_whole(a, image, target, shift, scale, block, height, width, load_pixel, down, right, flips, flops):
    """Pixels come to lie on pixels."""
    depth, used = channels(a, 4), used_lanes(block, channels(a, 4))
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


@inlined
def turn(a, words, image, target, shift, scale, block, height, width, load_pixel, down, right, flips, flops):
    """Pixels come from between four: turned, enlarged and sheared about the middle, then moved."""
    used = used_lanes(block, channels(a, 4))
    cosine, sine = turned(either_side(words, ANGLE, number(a, OPERANDS, 3)))
    least, most = number(a, OPERANDS, 6), number(a, OPERANDS, 7)
    enlarged = least + drawn(words, SCALE) * (most - least)
    cosine, sine = cosine / enlarged, sine / enlarged
    shear = either_side(words, SHEAR, number(a, OPERANDS, 8))
    middle_row, middle_column = (height - 1) / 2.0, (width - 1) / 2.0
    first_row = middle_row + down + either_side(words, SHIFT_DOWN, number(a, OPERANDS, 4)) * height
    first_column = middle_column + right + either_side(words, SHIFT_RIGHT, number(a, OPERANDS, 5)) * width
    for row in range(height):
        below = (height - 1 - row if flips else row) - middle_row
        for column in range(width):
            beside = (width - 1 - column if flops else column) - middle_column + shear * below
            value = between(
                a, image, cosine * below - sine * beside + first_row, sine * below + cosine * beside + first_column,
                block, height, width, load_pixel,
            )  # fmt: skip
            store(target, (row * width + column) * LANES, select(used, (value - shift) * scale, constant(0)))


@inlined
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


@inlined
def between(a, image, row, column, block, height, width, load_pixel):
    """Bilinear interpolation; what lies outside is black."""
    top, left = int(row + 65536.0) - 65536, int(column + 65536.0) - 65536  # rounds down below 0 too
    if top < -1 or top >= height or left < -1 or left >= width:
        return constant(0)
    down, right = splat(float32(row - top)), splat(float32(column - left))
    depth = channels(a, 4)
    place = (top * width + left) * depth
    end = place + (width + 2) * depth + LANES  # behind the last of four vectors
    if top >= 0 and left >= 0 and left < width - 1 and end <= height * width * depth:
        one, other = load_pixel(image, place), load_pixel(image, place + depth)
        upper = fma(other - one, right, one)
        one, other = load_pixel(image, place + width * depth), load_pixel(image, place + (width + 1) * depth)
        lower = fma(other - one, right, one)
        return fma(lower - upper, down, upper)
    one = inside(a, image, top, left, block, height, width, load_pixel)
    other = inside(a, image, top, left + 1, block, height, width, load_pixel)
    upper = fma(other - one, right, one)
    one = inside(a, image, top + 1, left, block, height, width, load_pixel)
    other = inside(a, image, top + 1, left + 1, block, height, width, load_pixel)
    lower = fma(other - one, right, one)
    return fma(lower - upper, down, upper)


@inlined
def inside(a, image, row, column, block, height, width, load_pixel):
    """The channels of a pixel, or black."""
    if row < 0 or row >= height or column < 0 or column >= width:
        return constant(0)
    depth = channels(a, 4)
    return channels_at(image, (row * width + column) * depth, block, depth, height * width * depth, load_pixel)


@inlined
def cut(a, words, target, outside, height, width):
    """A square is cut out, as far as it lies within the image."""
    size = attribute(a, OPERANDS, 9)
    top = int(drawn(words, CUT_DOWN) * height) - size // 2
    left = int(drawn(words, CUT_RIGHT) * width) - size // 2
    for row in range(max(0, top), min(height, top + size)):
        for column in range(max(0, left), min(width, left + size)):
            store(target, (row * width + column) * LANES, outside)


@inlined
def colour(a, words, y, reach, count, block):
    """Contrast about each channel's mean, brightness, and saturation between colour and grey."""
    contrast = splat(float32(1.0 + either_side(words, CONTRAST, number(a, OPERANDS, 11))))
    brightness = splat(float32(either_side(words, BRIGHTNESS, number(a, OPERANDS, 10)))) * reach
    saturation = splat(float32(1.0 + either_side(words, SATURATION, number(a, OPERANDS, 12))))
    mean = column_sums(y, count) * splat(float32(1) / float32(count))
    mixes = number(a, OPERANDS, 12) > 0.0
    used = used_lanes(block, channels(a, 4))
    greys = set_lane(set_lane(set_lane(constant(0), 0, float32(0.299)), 1, float32(0.587)), 2, float32(0.114))
    for i in range(count):
        value = fma(load(y, i * LANES) - mean, contrast, mean + brightness)
        if mixes:
            grey = splat(sum_lanes(value * greys))
            value = fma(value - grey, saturation, grey)
        store(y, i * LANES, select(used, value, constant(0)))
