"""What it costs to read with Tesseract through ocroute, and what it is worth: beside the program itself, on the same pages.

    python -m bench.tesseract_path [--pages 3] [--rounds 3] [--json FILE]

Scanned pages of our own text at the resolution of the scan, and reduced to small print. Plain Tesseract reads each file as
``tesseract FILE stdout -l eng`` does, on one thread as ocroute runs it, since a second one waits at full speed. ocroute has been
opened before; its CPU seconds hold the program's, turning and deskewing, the layout and the judge. White space counts as one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bench.harness import ROOT, arguments, in_turns, write
from bench.pages.prose import scanned_page

from ocroute.compare.measures import cer

STATES = {"as scanned, 200 dpi": 1.0, "130 dpi": 0.65, "100 dpi": 0.5, "80 dpi": 0.4}
FIRST = 300  # seed of the first page


def main() -> None:
    """See the module."""
    parser = arguments(__doc__, record="tesseract-path")
    parser.add_argument("--pages", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import ocroute

    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ocroute.Reader(engine="tesseract", languages=["en"], jobs=0) as reader,
    ):
        reader.read(ROOT / "samples" / "letter-en.png")  # loads what it needs
        for state, share in STATES.items():
            found = []
            for seed in range(FIRST, FIRST + options.pages):
                page, truth = scanned_page(seed)
                file = Path(folder, f"{seed}-{share}.png")
                page.resize([round(side * share) for side in page.size]).save(file)
                sides = {"ocroute": partial(_read, reader, file), "tesseract": partial(_plain, file)}
                turns = in_turns(
                    sides, lambda _, text: "" if text.strip() else "nothing was read", rounds=options.rounds
                )
                ours, plain = (turns[side] for side in ("ocroute", "tesseract"))
                ratio = median(one.cpu / other.cpu for one, other in zip(ours, plain, strict=True))
                cers = [cer(truth, " ".join(side[0].answer.split())) for side in (ours, plain)]
                found.append((*(median(turn.cpu for turn in side) for side in (ours, plain)), ratio, *cers))
            names = ("ocroute_cpu", "tesseract_cpu", "ratio", "ocroute_cer", "tesseract_cer")
            means = (round(fmean(column), 4) for column in zip(*found, strict=True))
            rows.append({"state": state, "pages": options.pages, **dict(zip(names, means, strict=True))})
            print(rows[-1], flush=True)
            write(options.json, {"rounds": options.rounds, "rows": rows})


def _read(reader: Any, file: Path) -> str:
    return "\n".join(block.text for page in reader.pages([file]) for block in page.blocks)


def _plain(file: Path) -> str:
    command = ["tesseract", str(file), "stdout", "-l", "eng"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_THREAD_LIMIT": "1"}
    )
    return done.stdout


if __name__ == "__main__":
    main()
