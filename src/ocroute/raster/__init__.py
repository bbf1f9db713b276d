"""Analysis of a page image: grey copy, ink and its text-like lines, rules, letter height, letter-sized marks, skew angle.

Each is made when first asked for, kept on the page and let go with it, so that layout, orientation detection, engines and judge
measure nothing twice.
"""
