"""Other shapes of the same elements."""

from __future__ import annotations

from dltool.kernels.cpu.channels import clear_last_lanes, place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import load, store
from dltool.kernels.records import LANES


@kernel
def reshape(x, y, step, low, high):
    """y = the elements of every sample of x in the same order, in another shape; overwrites y."""
    x_rows, y_rows, x_width, y_width = x.rows, y.rows, x.channels, y.channels
    x_per, y_per = x.rows_per_sample, y.rows_per_sample
    fitting = x_width == y_width or (x_width % LANES == 0 and y_width % LANES == 0)
    for sample in range(low, high):
        if fitting:  # vectors stay whole
            block, line = 0, sample * y_per
            for row in range(sample * x_per, (sample + 1) * x_per):
                for part in range(x.blocks):
                    store(y, (block * y_rows + line) * LANES, load(x, (part * x_rows + row) * LANES))
                    block += 1
                    if block == y.blocks:
                        block, line = 0, line + 1
            continue
        for element in range(x_per * x_width):
            source = place(element % x_width, sample * x_per + element // x_width, x_rows)
            y[place(element % y_width, sample * y_per + element // y_width, y_rows)] = x[source]
        for row in range(sample * y_per, (sample + 1) * y_per):
            clear_last_lanes(y, y_width, row, y_rows)
