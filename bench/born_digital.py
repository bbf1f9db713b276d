"""How much faster a born-digital PDF's own text is than reading its pages, and whether it comes out as it was written.

    python -m bench.born_digital [--pages 4] [--engine rapidocr] [--json FILE]

A PDF of our own text is set with reportlab. Its pages go the whole way twice in this process, page by page in turn, models
loaded beforehand: once by the text layer, with the spot checks that the judge makes of it, and once by OCR. The layer's text
must be the PDF's, word for word. ``--check`` holds the whole command's text against it too. Both ways have one thread; what is
compared is CPU time, which other programs on the machine change less than the clock's.
"""

from __future__ import annotations

import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import fmean

from bench.pages.prose import digital_pdf

from bench import harness
from ocroute.compare.measures import cer
from ocroute.engines.base import Wanted
from ocroute.pages import InputPage, open_input
from ocroute.route import Wish
from ocroute.route.page_reader import PageReader

OCROUTE = str(Path(sysconfig.get_path("scripts")) / "ocroute")
LIMIT = 20.0


def timed(reader: PageReader, page: InputPage) -> tuple[float, str]:
    """CPU seconds for the whole way of a page, and its text."""
    start = time.process_time()
    record = reader.read(page)
    seconds = time.process_time() - start
    if record.verdict.status != "accepted":
        raise SystemExit(f"page {record.number} was not accepted: {record.verdict}")
    return seconds, " ".join(" ".join(block.text.split()) for block in record.blocks)


def command_text(pdf: Path) -> str:
    """What the whole command makes of it, judge and all."""
    done = subprocess.run(
        [OCROUTE, "read", str(pdf), "--format", "txt", "-q"], capture_output=True, text=True, check=True
    )
    return done.stdout


def words(text: str) -> list[str]:
    return text.split()


def main() -> None:
    parser = harness.arguments(__doc__, record="born-digital")
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "report.pdf"
        truths = digital_pdf(pdf, args.pages)
        readers = {name: PageReader(Wish(name, Wanted())) for name in ("textlayer", args.engine)}
        seconds = dict.fromkeys(readers, 0.0)
        texts: dict[str, list[str]] = {name: [] for name in readers}
        with open_input(pdf) as source:
            for reader in readers.values():  # warm up
                timed(reader, source.page(1))
            for number in source.numbers:
                for name, reader in readers.items():
                    took, text = timed(reader, source.page(number))
                    seconds[name] += took
                    texts[name].append(text)
        equal = [words(text) == words(truth) for text, truth in zip(texts["textlayer"], truths, strict=True)]
        result = {
            "pages": args.pages,
            **{f"{name}_ms_per_page": 1000 * spent / args.pages for name, spent in seconds.items()},
            "ratio": seconds[args.engine] / seconds["textlayer"],
            "limit": LIMIT,
            "equal_pages": sum(equal),
            f"{args.engine}_cer": fmean(map(cer, truths, texts[args.engine])),
        }
        if args.check:
            result["command_equal"] = words(command_text(pdf)) == words("\n".join(truths))
    for name, value in result.items():
        print(f"{name:28} {value:.4f}" if isinstance(value, float) else f"{name:28} {value}")
    harness.write(args.json, result)


if __name__ == "__main__":
    main()
