"""Packs tiny checkpoints, as the repository keeps them, and unpacks them, so that an engine can read with them.

python -m bench.tiny_models unpack dots_ocr FOLDER
python -m bench.tiny_models pack FOLDER tests/checkpoints/dots_ocr [--steps 4]
"""

from __future__ import annotations

from pathlib import Path

from bench.tiny_models.packed import pack, unpack

from bench import harness

KEPT = harness.ROOT / "tests" / "checkpoints"


def main() -> None:
    parser = harness.arguments(__doc__)
    parser.add_argument("what", choices=("unpack", "pack"))
    parser.add_argument("source", help="a folder; to unpack, also the name of a model that the repository keeps")
    parser.add_argument("target", type=Path, help="a folder")
    parser.add_argument(
        "--steps", type=float, default=4, help="a standard deviation of weights; more are larger and nearer"
    )
    given = parser.parse_args()
    if given.what == "pack":
        pack(Path(given.source), given.target, given.steps)
    else:
        unpack(KEPT / given.source if (KEPT / given.source).is_dir() else Path(given.source), given.target)
    print(given.target)


if __name__ == "__main__":
    main()
