"""Pictures found on pages: recall and precision on pages drawn here, and on PDFs whose image objects are the truth.

A drawn page is a scan with text and frames, and pictures of five kinds at known places; the text's boxes are given, as an
engine would give them. Of a PDF the truth is read from its content by pikepdf, independently of PDFium, through which the
pictures are found: images of at least a twentieth of the page's longer side on both sides, its parts joined, scans left out.

    python -m bench.figures --pdfs folder/ --json evidence/figures.json
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
from bench.searchable_pdf import vocabulary
from PIL import Image, ImageDraw, ImageFont

from bench import harness
from ocroute import Block, Box, Line
from ocroute.document import Category
from ocroute.document.affine import Matrix, compose
from ocroute.errors import InputError
from ocroute.layout.figures import with_figures
from ocroute.pages import open_input

WIDTH, HEIGHT = 1240, 1754
FOUND = 0.5  # intersection over union from which a picture is found
LEAST = 0.05  # of the longer side: smaller images are ornaments
WHOLE = 0.8
IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def main() -> None:
    parser = harness.arguments(__doc__, record="figures")
    parser.add_argument(
        "--pdfs", type=Path, help="a folder of PDFs; those without an image of the size are passed over"
    )
    parser.add_argument("--most", type=int, default=30, help="PDFs that are looked at")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="for the drawn pages")
    given = parser.parse_args()
    result: dict[str, Any] = {"drawn": drawn(given.folder)}
    if given.pdfs:
        result["pdfs"] = pdfs(given.pdfs, given.most)
    harness.write(given.json, result)
    print(harness.as_text(result))


def drawn(folder: Path, count: int = 30) -> dict[str, Any]:
    rows = []
    for seed in range(count):
        path = folder / "figures-bench.png"
        blocks, truth = draw(seed, path)
        with open_input(path) as source:
            found = [
                one.box for one in with_figures(source.page(1), blocks) if one.category is Category.PICTURE and one.box
            ]
        rows.append({"page": seed, **counted(truth, found)})
        path.unlink()
    return summed(rows)


def draw(seed: int, path: Path) -> tuple[list[Block], list[Box]]:
    """A page with one to three pictures between text; its text blocks, and where the pictures are."""
    chance, known = random.Random(seed), vocabulary()
    sheet = Image.new("RGB", (WIDTH, HEIGHT), chance.choice(["white", "#f7f3e8", "#efefef"]))
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype("DejaVuSerif.ttf", 22)
    blocks, truth, y = [], [], 90

    def text(x: int, y: int, most: int) -> None:
        line = " ".join(chance.choice(known) for _ in range(12))
        while font.getlength(line) > most:
            line = line.rpartition(" ")[0]
        pen.text((x, y), line, "black", font)
        box = Box(x, y, x + font.getlength(line), y + 28)
        blocks.append(Block(Category.TEXT, line, box, lines=(Line(line, box),)))

    for _ in range(chance.randint(1, 3)):
        for _ in range(chance.randint(3, 7)):
            text(110, y, 1000)
            y += 36
        high, wide, x = chance.randint(140, 320), chance.randint(180, 800), chance.randint(110, 300)
        y += 24
        KINDS[chance.randrange(len(KINDS))](sheet, (x, y, x + wide, y + high), chance)
        truth.append(Box(x, y, x + wide, y + high))
        y += high + 30
    if chance.random() < 0.5 and y < 1500:
        pen.rectangle((100, y, 1100, y + 130), outline="black", width=2)
        for row in range(3):
            text(120, y + 12 + 38 * row, 900)
    pen.line((100, 60, 1140, 60), fill="black", width=3)
    sheet.save(path)
    return blocks, truth


def photograph(sheet: Image.Image, box: tuple[int, int, int, int], chance: random.Random) -> None:
    noise = np.random.default_rng(chance.randrange(10**6)).integers(0, 220, (7, 9, 3), np.uint8)
    size = box[2] - box[0], box[3] - box[1]
    sheet.paste(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC), box[:2])


def grey_photograph(sheet: Image.Image, box: tuple[int, int, int, int], chance: random.Random) -> None:
    noise = np.random.default_rng(chance.randrange(10**6)).integers(0, 200, (12, 16), np.uint8)
    size = box[2] - box[0], box[3] - box[1]
    sheet.paste(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert("RGB"), box[:2])


def bars(sheet: Image.Image, box: tuple[int, int, int, int], chance: random.Random) -> None:
    pen, (x0, y0, x1, y1) = ImageDraw.Draw(sheet), box
    pen.line((x0, y0, x0, y1), fill="black", width=3)
    pen.line((x0, y1 - 1, x1, y1 - 1), fill="black", width=3)
    count = chance.randint(4, 8)
    for bar in range(count):
        left = x0 + 10 + (x1 - x0 - 20) * bar // count
        pen.rectangle(
            (left, y0 + chance.randint(0, (y1 - y0) // 2), left + (x1 - x0) // count - 14, y1),
            fill=chance.choice(["#336699", "#777777", "#aa3322"]),
        )
    pen.rectangle((x1 - 30, y0, x1, y0 + 20), fill="#336699")


def curve(sheet: Image.Image, box: tuple[int, int, int, int], chance: random.Random) -> None:
    pen, (x0, y0, x1, y1) = ImageDraw.Draw(sheet), box
    pen.rectangle((x0, y0, x1 - 1, y1 - 1), outline="black", width=2)
    for _ in range(3):
        phase = chance.uniform(0, 6)
        points = [
            (x, (y0 + y1) / 2 + (y1 - y0) * 0.4 * float(np.sin(phase + x / 40))) for x in range(x0 + 4, x1 - 4, 4)
        ]
        pen.line(points, fill="black", width=3)


def drawing(sheet: Image.Image, box: tuple[int, int, int, int], chance: random.Random) -> None:
    pen, (x0, y0, x1, y1) = ImageDraw.Draw(sheet), box
    for step in range(0, 5):
        inset = step * min(x1 - x0, y1 - y0) // 12
        pen.ellipse((x0 + inset, y0 + inset, x1 - inset, y1 - inset), outline="black", width=chance.randint(2, 5))


KINDS = (photograph, grey_photograph, bars, curve, drawing)


def pdfs(folder: Path, most: int) -> dict[str, Any]:
    rows = []
    for path in sorted(folder.rglob("*.pdf")):
        if len(rows) == most:
            break
        try:
            row = of_pdf(path)
        except (
            InputError,
            pikepdf.PdfError,
            pikepdf.PasswordError,
            pikepdf.DependencyError,
            ValueError,
            AttributeError,
            KeyError,
            TypeError,
        ):
            continue  # not the subject here: damaged or locked files
        if row is not None:
            rows.append(row)
    return summed(rows)


def of_pdf(path: Path) -> dict[str, Any] | None:
    """The first page of a PDF that has pictures; None where none of its first five has."""
    with pikepdf.open(path) as pdf, open_input(path) as source:
        for number, page in enumerate(pdf.pages[:5], 1):
            opened = source.page(number)
            width, height = opened.size
            frame = opened.frame.matrix  # type: ignore[attr-defined]
            truth = joined(list(images(page, frame, width, height)), 0.006 * max(width, height))
            long_side = max(width, height)
            truth = [box for box in truth if min(box.width, box.height) >= LEAST * long_side]
            whole = any(box.area >= WHOLE * width * height for box in truth)
            if truth and not whole:
                lines = opened.text_layer() or ()
                blocks = [Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines]
                made = with_figures(opened, blocks)
                found = [one.box for one in made if one.category is Category.PICTURE and one.box]
                found = [box for box in found if min(box.width, box.height) >= LEAST * long_side]
                return {"pdf": path.name, "page": number, **counted(truth, found)}
            opened.release()
    return None


def images(page: pikepdf.Page, frame: Matrix, width: float, height: float) -> Iterator[Box]:
    """Where images are drawn, by the content stream, cut to the page."""
    for matrix in drawn_images(page.obj, page.resources, IDENTITY, 0):
        a, b, c, d, e, f = compose(matrix, frame)
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        box = Box(min(xs), min(ys), max(xs), max(ys)).clamped(width, height)
        if box.area > 1:
            yield box


def drawn_images(stream: Any, resources: Any, outer: Matrix, depth: int) -> Iterator[Matrix]:
    now, saved = outer, []
    for operands, operator in pikepdf.parse_content_stream(stream):
        match str(operator):
            case "q":
                saved.append(now)
            case "Q" if saved:
                now = saved.pop()
            case "cm":
                now = compose(tuple(float(one) for one in operands), now)  # type: ignore[arg-type]
            case "Do":
                item = resources.get("/XObject", {}).get(str(operands[0]))
                if item is not None and item.get("/Subtype") == "/Image":
                    yield now
                elif item is not None and depth < 5:
                    inner = tuple(float(one) for one in item.get("/Matrix", [1, 0, 0, 1, 0, 0]))
                    yield from drawn_images(item, item.get("/Resources", resources), compose(inner, now), depth + 1)  # type: ignore[arg-type]
            case "INLINE IMAGE":
                yield now


def joined(boxes: list[Box], near: float) -> list[Box]:
    """Boxes that touch, as one."""
    found: list[Box] = []
    for box in boxes:
        rest, whole = [], box
        for other in found:
            wide = Box(whole.x0 - near, whole.y0 - near, whole.x1 + near, whole.y1 + near)
            if other.intersection(wide) > 0:
                whole = Box.around((whole, other))
            else:
                rest.append(other)
        found = [*rest, whole]
    return found


def counted(truth: list[Box], found: list[Box]) -> dict[str, Any]:
    """How many of the true pictures were found, and how many of those found are true."""

    def same(one: Box, other: Box) -> bool:
        shared = one.intersection(other)
        return shared >= FOUND * (one.area + other.area - shared)

    return {
        "true": len(truth),
        "recalled": sum(any(same(one, other) for other in found) for one in truth),
        "found": len(found),
        "right": sum(any(same(one, other) for other in truth) for one in found),
    }


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    total = {key: sum(row[key] for row in rows) for key in ("true", "recalled", "found", "right")}
    wrong = [row for row in rows if row["recalled"] < row["true"] or row["right"] < row["found"]]
    return {
        "pages": len(rows),
        **total,
        "recall": round(total["recalled"] / max(total["true"], 1), 4),
        "precision": round(total["right"] / max(total["found"], 1), 4),
        "pages_with_a_fault": wrong,
    }


if __name__ == "__main__":
    main()
