"""Compares answers that say where text stands: dots.ocr's JSON and DeepSeek's tagged regions."""

from __future__ import annotations

import json
import re
from typing import Any

_REGION = re.compile(
    r"<\|ref\|>(?P<label>.*?)<\|/ref\|><\|det\|>\[\[(?P<box>\d+(?:, \d+){3})]]<\|/det\|>\n(?P<text>.*?)(?=<\|ref\|>|\Z)",
    re.DOTALL,
)


def is_layout(answer: str) -> bool:
    """Whether an answer is of either form."""
    return answer.startswith(("[{", "<|ref|>"))


def cells(answer: str) -> list[dict[str, Any]]:
    """The elements of an answer, each with ``bbox``, ``category`` and ``text``; none where it is broken JSON.

    Boxes are in the model's own units, which are the same in two answers to one image.
    """
    if not answer.startswith("[{"):
        return [
            {"bbox": json.loads(f"[{found['box']}]"), "category": found["label"], "text": found["text"].strip()}
            for found in _REGION.finditer(answer)
        ]
    try:
        read = json.loads(answer)
    except json.JSONDecodeError:
        return []
    return [cell for cell in read if isinstance(cell, dict)]


def boxes_apart(wanted: str, found: str) -> dict[str, Any]:
    """How a layout compares with the wanted one: whether it is one, elements in place, their boxes, and the texts alone."""
    truth, read = cells(wanted), cells(found)
    pairs = list(zip(truth, read, strict=False))
    return {
        "valid": bool(read),
        "elements": len(truth),
        "categories": sum(one["category"] == other.get("category") for one, other in pairs),
        "overlap": sum(overlap(one["bbox"], other.get("bbox")) for one, other in pairs),
        "text": ["\n".join(str(cell.get("text", "")) for cell in answer) for answer in (truth, read)],
    }


def overlap(one: list[int], other: Any) -> float:
    """Intersection over union of two boxes; 0 where the other is none."""
    if not (isinstance(other, list) and len(other) == 4 and all(isinstance(side, int | float) for side in other)):
        return 0.0
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, across) * max(0, down)
    both = (one[2] - one[0]) * (one[3] - one[1]) + max(1, (other[2] - other[0]) * (other[3] - other[1])) - shared
    return float(shared / both)
