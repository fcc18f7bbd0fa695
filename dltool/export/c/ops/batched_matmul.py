"""Products of two values of a sample."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_PRODUCTS = """
static void products(float *z, const float *x, const float *y, int matrices, int rows, int depth, int columns,
                     int transpose_x, int transpose_y)
{
    for (int m = 0; m < matrices; m++, x += rows * depth, y += depth * columns, z += rows * columns)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                float sum = 0.0f;
                for (int k = 0; k < depth; k++)
                    sum += x[transpose_x ? k * rows + i : i * depth + k] *
                           y[transpose_y ? j * depth + k : k * columns + j];
                z[i * columns + j] = sum;
            }
}
"""


def batched_matmul(
    source: Source, x: Operand, y: Operand, *, transpose_x: int, transpose_y: int, matrices: int
) -> Buffer:
    """x · y of each matrix, either transposed."""
    rows, depth = x.shape[-2:] if not transpose_x else x.shape[-2:][::-1]
    columns = y.shape[-2] if transpose_y else y.shape[-1]
    count = x.size // (rows * depth)
    sizes = count, rows, depth, columns, transpose_x, transpose_y
    return source.made(_PRODUCTS, "products", count * rows * columns, x, y, *sizes)
