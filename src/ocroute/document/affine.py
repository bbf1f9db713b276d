"""Affine maps of the plane."""

from __future__ import annotations

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f) as PDF writes it: x' = a x + c y + e, y' = b x + d y + f."""


def compose(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies ``first`` and then ``then``."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def inverse(matrix: Matrix) -> Matrix:
    """The matrix that undoes ``matrix``, which does not lay the plane flat."""
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    return d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size
