"""Attention of one head after the other, with the scores of one step at a time."""

from __future__ import annotations

from dltool.export.c.source import Buffer, Operand, Source

_ATTENTION = """
static void attention(float *y, const float *qkv, const float *lengths, float *scores, int steps, int width,
                      int heads, int groups, int causal, float scale)
{
    const int whole = (heads + 2 * groups) * width;
    const int length = lengths ? (int)lengths[0] : steps;
    for (int h = 0; h < heads; h++) {
        const float *queries = qkv + h * width;
        const float *keys = qkv + (heads + h * groups / heads) * width;
        const float *values = keys + groups * width;
        for (int t = 0; t < steps; t++) {
            const int seen = causal && t + 1 < length ? t + 1 : length;
            float largest = -INFINITY, sum = 0.0f, *out = y + (t * heads + h) * width;
            for (int s = 0; s < seen; s++) {
                float product = 0.0f;
                for (int i = 0; i < width; i++)
                    product += queries[t * whole + i] * keys[s * whole + i];
                scores[s] = scale * product;
                largest = fmaxf(largest, scores[s]);
            }
            for (int i = 0; i < width; i++)
                out[i] = 0.0f;
            for (int s = 0; s < seen; s++) {
                const float power = expf(scores[s] - largest);
                sum += power;
                for (int i = 0; i < width; i++)
                    out[i] += power * values[s * whole + i];
            }
            for (int i = 0; i < width; i++)
                out[i] /= sum;
        }
    }
}
"""


def attention(
    source: Source, qkv: Operand, *lengths: Operand, heads: int, groups: int, causal: int, scale: float
) -> Buffer:
    """y (T, heads · D)."""
    steps, channels = qkv.shape
    width = channels // (heads + 2 * groups)
    y, scores = source.buffer(steps * heads * width), source.buffer(steps)
    known = lengths[0] if lengths else None
    source.call(_ATTENTION, "attention", y, qkv, known, scores, steps, width, heads, groups, causal, float(scale))
    return y
