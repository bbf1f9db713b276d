"""Every threshold of the layout room, with its reason.

Lengths are in body line sizes (about one em of the running text), so that a page of any resolution and type size is measured
alike. Shares are of the page or of a column.
"""

from __future__ import annotations

from typing import Final

# --- Lines -------------------------------------------------------------------------------------------------------------
SAME_WORDS_GAP: Final = 0.6
"""Gaps up to here are never a gutter: newspapers keep columns at least this far apart, word spaces are mostly narrower."""

LOOSE_GAP: Final = 1.3
"""Fragments of one baseline further apart than this are joined only where their engine gave them as one line."""

WIDEST_WORD_GAP: Final = 3.0
"""No justified line stretches a word space further; a wider gap is a tab, a leader or a column."""

GUTTER: Final = 0.5
"""The narrowest white strip that can part two columns."""

GUTTER_ROWS: Final = 3
"""Rows of text on both sides that a strip needs before it splits a line: rivers in justified text are shorter."""

RIVER_ROWS: Final = 5
"""The same for a gap that an engine read across: it takes more to overrule it."""

SAME_BASELINE: Final = 0.4
"""Baselines this close are one line: a superscript sits higher, the next line lower."""

LONG_LINE: Final = 30
"""Characters from which a line has letters of all heights, so that its box tells its size."""

LONG_LINE_NOISE: Final = 0.08
SHORT_LINE_NOISE: Final = 0.2
"""Relative errors of sizes measured from boxes, on lines longer and shorter than that."""

# --- Typefaces, as measured on ink ---------------------------------------------------------------------------------------
SMALL_INK: Final = 20
"""Pixels of height below which letters are enlarged before they are measured: half a pixel is 4 % of 9-point type at 150 dpi."""

INK_NOISE: Final = 0.05
"""Relative difference of measured sizes, on long lines, that may be chance."""

BOLD: Final = (0.018, 0.03)
"""Ems by which bold strokes are at least thicker than the page's usual, on a clean page and on an uneven one: in common faces
it is 0.037 to 0.06 before the blur of a scan."""

BOLD_CAPITALS: Final = 0.017
"""Ems by which the stems of capitals are thicker than those of small letters of the same weight."""

UNEVEN_INK: Final = 4.0
"""Times the usual difference of strokes from line to line (2.7 standard deviations) that may be chance."""

LEAST_BOLD: Final = 0.13
"""Strokes that differ by a smaller share, on a page that is blurred badly, differ by chance."""

SMALLEST_BOLD: Final = 14
"""Pixels to the em below which a stem is a pixel or two wide, whatever its weight."""

# --- Columns -----------------------------------------------------------------------------------------------------------
COLUMN_ROWS: Final = 2
"""Rows that the shorter of two columns needs; below that they are the two ends of one row."""

LABEL_CHARS: Final = 14
"""Cells in front of longer text that are this short on average, and stand on its baselines, are labels, not a column."""

CUT_THROUGH: Final = 0.6
"""What a strip's score keeps when its upper or lower end would cut through a line of another column."""

SAME_COLUMN: Final = 0.6
"""A sentence goes on in a column of about the same width: not from a sidebar into the text."""

STRAY_ROWS: Final = 2
STRAY_GAP: Final = 2.5
"""So few rows, this far above the rest of a column pair and on one side only, stand above both columns."""

# --- Paragraphs --------------------------------------------------------------------------------------------------------
PARAGRAPH_PITCH: Final = 1.3
"""Baselines further apart than this times the column's usual distance are parted on purpose."""

INDENT: Final = 0.7
"""Steps of the left edge smaller than this are scanner and justification noise."""

DEEPEST_INDENT: Final = 5.0
"""A first line is never indented further; beyond that the line is centred or set apart."""

SAME_SIZE: Final = 0.13
"""Relative difference of sizes that still is one size; measured heights vary by a tenth with the letters of a line."""

# --- Kinds -------------------------------------------------------------------------------------------------------------
HEADING_SIZE: Final = 1.14
"""The smallest step by which typesetters enlarge a heading that has no other mark."""

SURELY_LARGE: Final = 1.24
"""From here on a size that was measured on ink is larger than the text's beyond doubt."""

TITLE_SIZE: Final = 1.3
"""A title is clearly larger than the text; section headers are seldom that large."""

HEADING_CHARS: Final = 160
"""Longer than this is a paragraph however it is set."""

SMALL_SIZE: Final = 0.93
"""Footnotes, captions and running titles are set at least this much smaller where they are set smaller at all."""

INITIAL_SIZE: Final = 1.7
"""A drop cap is at least two lines high."""

# --- Furniture ---------------------------------------------------------------------------------------------------------
MARGIN_SHARE: Final = 0.13
"""Running titles and page numbers stand within this share of the page's height from its top or bottom."""

EDGE_SHARE: Final = 0.085
"""Within this share hardly any body text is printed."""

MIDDLE_SHARE: Final = 0.03
"""Share of the page's width by which a page number in the middle may be off it."""

FURNITURE_ROWS: Final = 3
"""The most rows that a running header or footer has; a higher group at the top is a letterhead or a title."""

FURNITURE_SCORE: Final = 2.0
"""Evidence (see ``furniture``) from which a margin row is kept out of the running text."""

REPEATED_PAGES: Final = 2
"""Pages on which the same margin text must stand, at the same height, to be furniture beyond doubt."""

SAME_PLACE: Final = 0.015
"""Share of the page's height by which running titles move from page to page."""

ENOUGH_PAGES: Final = 4
"""Pages that must be known before a header that only one of them has is doubted."""
