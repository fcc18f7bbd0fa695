"""What recurrent functions have in common."""

from __future__ import annotations

#: the products of the inputs of a step
STEP = """
static void step(float *y, const float *x, const float *w, const float *b, int inputs, int width)
{
    for (int i = 0; i < width; i++)
        y[i] = b[i];
    for (int k = 0; k < inputs; k++)
        for (int i = 0; i < width; i++)
            y[i] += x[k] * w[k * width + i];
}
"""
#: those of the step before, added to them
RECUR = """
static void recur(float *y, const float *before, const float *u, int units, int width)
{
    for (int k = 0; k < units; k++)
        for (int i = 0; i < width; i++)
            y[i] += before[k] * u[k * width + i];
}
"""
