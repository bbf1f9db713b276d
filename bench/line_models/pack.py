"""Fetch the packages, and pack their texts and fonts for training.

    python -m bench.line_models.pack --packages /tmp/packages --to /tmp/pack

writes ``fonts.zip``, ``texts.json.xz`` and ``sources.json`` (names, versions and licences of the packages).
"""

from __future__ import annotations

import json
import lzma
import zipfile
from pathlib import Path

from bench.harness import arguments
from bench.line_models import cut_fonts, debian_packages, sentences


def main() -> None:
    """See the module."""
    parser = arguments(__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="where packages are fetched to and unpacked")
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    debian_packages.fetch([*debian_packages.text_packages(), *debian_packages.font_packages()], options.packages)
    (options.to / "sources.json").write_text(
        json.dumps(debian_packages.record(options.packages), indent=1, ensure_ascii=False)
    )
    bank = sentences.gather(options.packages)
    for language, parts in bank.items():
        print(language, {part: (len(lines), sum(map(len, lines))) for part, lines in parts.items()})
    packed = json.dumps(bank, ensure_ascii=False).encode()
    (options.to / "texts.json.xz").write_bytes(lzma.compress(packed, preset=6))
    with zipfile.ZipFile(options.to / "fonts.zip", "w", zipfile.ZIP_LZMA) as archive:
        letters = {}
        for name, data, letters[name] in cut_fonts.gather(options.packages):
            archive.writestr(name, data)
        archive.writestr("letters.json", json.dumps(letters, ensure_ascii=False))
    print({file.name: file.stat().st_size for file in options.to.iterdir()})


if __name__ == "__main__":
    main()
