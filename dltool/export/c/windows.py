"""What functions with windows over images begin with: convolutions and pools."""

from __future__ import annotations

WINDOWS = """
typedef struct {
    int height, width, out_height, out_width, kernel_height, kernel_width;
    int stride_height, stride_width, dilation_height, dilation_width, top, left;
} geometry;

/* the pixel that place (k, m) of window (i, j) lies on, or -1 in the padding */
static int pixel(geometry g, int i, int j, int k, int m)
{
    const int row = i * g.stride_height - g.top + k * g.dilation_height;
    const int column = j * g.stride_width - g.left + m * g.dilation_width;
    return row < 0 || row >= g.height || column < 0 || column >= g.width ? -1 : row * g.width + column;
}
"""
