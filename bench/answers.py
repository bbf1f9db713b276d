r"""Cells kept from broken layout answers: our reader against the rules of the published tools.

    python -m bench.answers --json evidence/answers.json

Answers of made pages (text, tables, LaTeX, pictures) are broken in the ways that are known, each at many places, and both read
what is left. A cell is kept when its box, category and text come out as they were put in; beside it stands the share of cells of
which at least the text comes out.

The rules of the published tools, written from their description: ``json.loads``; if that fails, and the answer is long or does
not end in a bracket, it is cut before the last ``{"bbox":``; whole objects are then found by a pattern that allows no braces
inside; equal objects are dropped, so are boxes that come twice and texts that come five times; and what was saved in this way
loses its boxes, only the text is joined.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bench import harness
from ocroute.models.dots_ocr.json_cells import cells

Made = dict[str, Any]
Kept = tuple[tuple[int, ...] | None, str, str | None]  # box, category, text

PAGES = 40
PLACES = 12  # breaks of each kind for each page
LONG = 50_000

WORDS = (
    "grain", "harbour", "ledger", "river", "minute", "copper", "autumn", "signal", "valley", "order", "measure", "paper",
    "northern", "engine", "glass", "report",
)  # fmt: skip
FORMULAS = (
    r"\frac{\partial u}{\partial t} = \nabla \cdot ( k \nabla u )",
    r"E_{n} = - \frac{\theta^{2}}{2 \hbar^{2}} \rho",
    r"\begin{aligned} a &= b \times c \\ d &= \alpha + \beta \end{aligned}",
    r"\nu \leq \tau \Rightarrow \underline{x} \in \{ 1, 2 \}",
)
TEXTS = ('He said "no" and left.', "Die Straße nach Köln", "Цена 1 200 ₽", r"where $\alpha_{i}$ is small", "a\nb")


def page(random_: random.Random) -> list[Made]:
    """A page's cells, from top to bottom."""
    made: list[Made] = []
    top = 40
    kinds = ["Title", *random_.choices(["Text", "Formula", "Table", "Picture", "List-item", "Section-header"], k=11)]
    for kind in kinds:
        cell: Made = {"bbox": [60, top, 900, top + 50], "category": kind}
        words = " ".join(random_.choices(WORDS, k=random_.randint(3, 14)))
        if kind == "Formula":
            cell["text"] = random_.choice(FORMULAS) + rf" \tag{{{top}}}"
        elif kind == "Table":
            rows = "".join(f"<tr><td>{word}</td><td>{random_.randint(1, 999)}</td></tr>" for word in words.split())
            cell["text"] = f"<table>{rows}</table>"
        elif kind != "Picture":
            cell["text"] = f"{words} {random_.choice(TEXTS)}" if kind == "Text" else f"{words} {top}"
        made.append(cell)
        top += 60
    return made


def whole(made: list[Made]) -> str:
    return json.dumps(made, ensure_ascii=False)


def cut(made: list[Made], random_: random.Random) -> str:
    answer = whole(made)
    return answer[: random_.randrange(len(answer) // 4, len(answer))]


def no_commas(made: list[Made], random_: random.Random) -> str:  # noqa: ARG001 - one way only
    return "[" + "".join(json.dumps(cell, ensure_ascii=False) for cell in made) + "]"


def one_comma(made: list[Made], random_: random.Random) -> str:
    at = random_.randrange(1, len(made))
    return f"[{', '.join(whole([cell])[1:-1] for cell in made[:at])}{', '.join(whole([cell])[1:-1] for cell in made[at:])}]"


def bare_backslashes(made: list[Made], random_: random.Random) -> str:  # noqa: ARG001
    return whole(made).replace("\\\\", "\\")


def bare_quotes(made: list[Made], random_: random.Random) -> str:  # noqa: ARG001
    return whole(made).replace('\\"', '"')


def bad_box(made: list[Made], random_: random.Random) -> str:
    answer = whole(made)
    box = json.dumps(random_.choice(made)["bbox"])
    return answer.replace(box, box.rpartition(",")[0] + "]", 1)


def loop(made: list[Made], random_: random.Random) -> str:
    at = random_.randrange(1, len(made))
    said = json.dumps(made[at], ensure_ascii=False)
    return whole(made[:at])[:-1] + f", {said}" * random_.randint(20, 60) + ', {"bbox": [60, 9'


def unclosed(made: list[Made], random_: random.Random) -> str:
    answer = whole(made)
    ends = [found.start() for found in re.finditer(r"\}, \{", answer)]
    at = random_.choice(ends)
    return answer[:at] + answer[at + 1 :]


def chatter(made: list[Made], random_: random.Random) -> str:  # noqa: ARG001
    return f"Here is the layout:\n```json\n{whole(made)}\n```"


BREAKS: dict[str, Callable[[list[Made], random.Random], str]] = {
    "valid": lambda made, _: whole(made),
    "cut anywhere": cut,
    "no commas between cells": no_commas,
    "one comma missing": one_comma,
    "LaTeX with single backslashes": bare_backslashes,
    "quotes not escaped": bare_quotes,
    "a box with three numbers": bad_box,
    "one cell again and again, then cut": loop,
    "a brace missing": unclosed,
    "words and a code fence around": chatter,
}

CUTS = frozenset({"cut anywhere", "one cell again and again, then cut"})  # only the cells that are whole there count


def ours(answer: str) -> list[Kept]:
    return [
        (tuple(int(n) for n in cell.bbox) if cell.bbox else None, cell.category, cell.text) for cell in cells(answer)
    ]


_OBJECT = re.compile(r'\{[^{}]*?"bbox"\s*:\s*\[[^\]]*\][^{}]*?\}', re.DOTALL)


def published(answer: str) -> list[Kept]:
    try:
        return _from_list(json.loads(answer), boxes=True)
    except ValueError:
        pass
    if len(answer) > LONG or not answer.strip().endswith("]"):
        before, found, _ = answer.rpartition('{"bbox":')
        answer = before if found else answer
    try:
        saved = json.loads(answer.rstrip().rstrip(",") + ("" if answer.rstrip().endswith("]") else "]"))
    except ValueError:
        saved = list(_parsed(_OBJECT.findall(answer)))
    return _from_list(_without_repeats(saved), boxes=False)


def _parsed(objects: list[str]) -> Iterator[Any]:
    for each in objects:
        try:
            yield json.loads(each)
        except ValueError:
            continue


def _without_repeats(saved: list[Any]) -> list[Any]:
    texts = Counter((cell.get("category"), cell.get("text")) for cell in saved if isinstance(cell, dict))
    boxes = Counter(str(cell.get("bbox")) for cell in saved if isinstance(cell, dict))
    kept: list[Any] = []
    seen: set[str] = set()
    for cell in saved:
        if not isinstance(cell, dict):
            continue
        said = (cell.get("category"), cell.get("text"))
        marks = {json.dumps(cell, sort_keys=True)}
        marks |= {f"text {said}"} if texts[said] >= 5 else set()
        marks |= {f"box {cell.get('bbox')}"} if boxes[str(cell.get("bbox"))] >= 2 else set()
        if not marks & seen:
            kept.append(cell)
        seen |= marks
    return kept


def _from_list(parsed: Any, *, boxes: bool) -> list[Kept]:
    kept: list[Kept] = []
    for cell in parsed if isinstance(parsed, list) else [parsed]:
        if not isinstance(cell, dict):
            continue
        box = cell.get("bbox")
        good = boxes and isinstance(box, list) and len(box) == 4
        kept.append((tuple(box) if good else None, str(cell.get("category", "")), cell.get("text")))
    return kept


def score(made: list[Made], kept: list[Kept], put_in: list[Made]) -> Counter[str]:
    """Cells of ``put_in`` that came out: whole, and by their text alone; and cells that were never put in."""
    there = {(tuple(cell["bbox"]), cell["category"], cell.get("text")) for cell in put_in}
    texts = {cell["text"] for cell in put_in if "text" in cell}
    every = {cell.get("text", "") for cell in made}
    return Counter(
        {
            "cells": len(there & set(kept)),
            "texts": len(texts & {text for *_, text in kept if text}),
            "altered texts": sum(bool(text) and not any(said.startswith(text) for said in every) for *_, text in kept),
        }
    )


def run() -> dict[str, Any]:
    random_ = random.Random(0)
    pages = [page(random_) for _ in range(PAGES)]
    table: dict[str, Any] = {}
    for name, break_ in BREAKS.items():
        sums = {"there": Counter(), "ours": Counter(), "published": Counter()}
        for made in pages:
            for _ in range(PLACES):
                answer = break_(made, random_)
                put_in = made
                if name in CUTS:
                    put_in = [cell for cell in made if json.dumps(cell, ensure_ascii=False) in answer]
                sums["there"] += score(made, [(tuple(c["bbox"]), c["category"], c.get("text")) for c in put_in], put_in)
                sums["ours"] += score(made, ours(answer), put_in)
                sums["published"] += score(made, published(answer), put_in)
        table[name] = {who: dict(counts) for who, counts in sums.items()}
    return {"pages": PAGES, "places": PLACES, "breaks": table}


def main() -> None:
    parser = harness.arguments(__doc__, record="answers")
    given = parser.parse_args()
    result = run()
    print(f"{'cells kept (texts kept)':36}{'ours':>32}{'published rules':>32}")
    for name, row in result["breaks"].items():
        there = row["there"]
        shares = [
            f"{row[who].get('cells', 0) / there['cells']:7.1%} ({row[who].get('texts', 0) / there['texts']:6.1%}), "
            f"{row[who].get('altered texts', 0)} altered"
            for who in ("ours", "published")
        ]
        print(f"{name:36}" + "".join(f"{share:>32}" for share in shares))
    harness.write(given.json, result)


if __name__ == "__main__":
    main()
