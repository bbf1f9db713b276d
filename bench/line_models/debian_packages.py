"""The Debian packages that texts and fonts come from. Nothing of them is stored here: they are fetched and unpacked anew.

All are of Debian 12 ``main``; `record` writes down each one's version and the licences that its copyright file names.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

LANGUAGES = ("ru", "uk", "be", "bg", "sr", "mk", "kk", "mn", "el")
PER_LANGUAGE = ("libreoffice-l10n-{}", "libreoffice-help-{}", "hunspell-{}", "mythes-{}", "fortunes-{}", "manpages-{}",
                "gimp-help-{}", "doublecmd-help-{}", "ubuntu-packaging-guide-html-{}", "aptitude-doc-{}", "maint-guide-{}",
                "developers-reference-{}", "debian-faq-{}", "kicad-doc-{}", "instead-doc-{}")  # fmt: skip
FOR_ALL = ("libreoffice-help-en-us", "wrussian", "wukrainian", "wbulgarian", "wamerican", "fortunes", "gnome-user-docs",
           "iso-codes", "gimp-data", "freeciv-data", "wesnoth-1.16-data", "gcompris-qt-data", "debian-handbook",
           "digikam-data", "calligra-data", "installation-guide-amd64", "marble-data", "inkscape",
           "debian-edu-doc-legacy-uk")  # fmt: skip
LARGEST_FONTS = 26_000_000  # bytes of a package; larger ones hold Chinese, but one
OTHER_SCRIPTS = re.compile(
    "cjk|hanazono|ipa|kiloji|yozvox|unfonts|nanum|baekmuk|cwtex|arphic|cns11643|wqy|takao|migmix|mplus|kouzan|emoji|motoya|"
    "sawarabi|lxgw|morisawa|kanji|woowa|smc|deva|beng|gujr|guru|knda|mlym|orya|taml|telu|thai|tlwg|khmer|lao|tibetan|arab|"
    "farsi|culmus|nafees|indic|awesome|icons"
)


def text_packages() -> list[str]:
    """Every package with texts that the package lists here know."""
    named = [name.format(language) for name in PER_LANGUAGE for language in LANGUAGES]
    return sorted(set(_sizes([*named, *FOR_ALL])))


def font_packages() -> list[str]:
    """Every package of fonts that may have Cyrillic or Greek letters."""
    lines = subprocess.run(
        ["apt-cache", "search", "--names-only", "^fonts-"], capture_output=True, text=True, check=True
    )
    names = [line.split()[0] for line in lines.stdout.splitlines()]
    small = [name for name, size in _sizes(names).items() if size < LARGEST_FONTS and not OTHER_SCRIPTS.search(name)]
    return sorted({*small, "fonts-noto-extra"})


def _sizes(names: list[str]) -> dict[str, int]:
    """The bytes of each package that is known."""
    shown = subprocess.run(["apt-cache", "show", *names], capture_output=True, text=True, check=False).stdout
    sizes = {}
    for part in shown.split("\n\n"):
        found = dict(line.split(": ", 1) for line in part.splitlines() if re.match(r"(Package|Size): ", line))
        if len(found) == 2:
            sizes[found["Package"]] = int(found["Size"])
    return sizes


def fetch(packages: list[str], folder: Path) -> None:
    """Each package unpacked as ``folder/NAME``; those that are there already are left."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in packages:
        if (folder / name).is_dir():
            continue
        if not (have := list(folder.glob(f"{name}_*.deb"))):
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, check=True)
            have = list(folder.glob(f"{name}_*.deb"))
        subprocess.run(["dpkg", "-x", str(have[0]), str(folder / name)], check=True)


def record(folder: Path) -> list[dict[str, str]]:
    """Name, version and licences of each package that lies in ``folder``."""
    rows = []
    for file in sorted(folder.glob("*.deb")):
        name, version = file.name.split("_")[:2]
        notice = folder / name / "usr/share/doc" / name / "copyright"
        said = notice.read_text("utf-8", "replace") if notice.is_file() else ""
        licences = sorted(set(re.findall(r"^License: *(\S.*)$", said, re.M)))
        rows.append({"package": name, "version": version.replace("%3a", ":"), "licences": "; ".join(licences)[:200]})
    return rows
