"""Scripts that the engine cannot write: how many pages with them are refused, from a single line on, or read right after all.

    python -m bench.foreign_scripts [--pages N] [--engine NAME] [--jobs N] [--json FILE]

Whole pages, pages of one line, and English pages in which one line is foreign, as scans and photographs. Fonts are looked for
where `bench/handwriting` looks for its own; a script without one is named and left out. No limit was set on these pages.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from bench.handwriting import GOOD, reader_of, share
from bench.pages.canvas import Sheet
from bench.pages.handwritten import installed
from bench.pages.kinds import Press
from bench.pool import in_processes
from PIL import ImageFont

from bench import harness
from ocroute.values import Box, Line

FIRST: Final = 700  # seed of the first page
MEDIA: Final = ("office", "photo", "faded", "fax")
FORMS: Final = {"page": 9, "line": 1, "line in English": 1}  # lines in the script
SCRIPTS: Final = {
    "Greek": (
        ("DejaVuSerif.ttf", "LiberationSans-Regular.ttf"),
        "Το παλιό λιμάνι ήταν γεμάτο βάρκες εκείνο το πρωί|Η βιβλιοθήκη ανοίγει κάθε μέρα στις εννέα|"
        "Κανείς δεν θυμάται πότε χτίστηκε η γέφυρα|Οι χάρτες φυλάσσονται στο υπόγειο του δημαρχείου",
    ),
    "Hebrew": (
        ("NotoSerifHebrew-Regular.ttf", "NotoSansHebrew-Regular.ttf", "DejaVuSans.ttf"),
        "הנמל הישן היה מלא סירות באותו בוקר|הספרייה נפתחת בכל יום בתשע|איש אינו זוכר מתי נבנה הגשר|"
        "המפות נשמרות במרתף של בית העירייה",
    ),
    "Arabic": (
        ("NotoNaskhArabic-Regular.ttf", "DejaVuSans.ttf"),
        "كان الميناء القديم مليئا بالقوارب في ذلك الصباح|تفتح المكتبة أبوابها كل يوم في التاسعة|لا أحد يتذكر متى بني الجسر|"
        "تحفظ الخرائط في قبو مبنى البلدية",
    ),
    "Korean": (
        ("wqy-microhei.ttc", "NotoSansCJK-Regular.ttc"),
        "그날 아침 오래된 항구는 배로 가득 찼다|도서관은 매일 아홉 시에 문을 연다|다리가 언제 지어졌는지 아무도 기억하지 못한다|"
        "지도는 시청 지하실에 보관되어 있다",
    ),
    "Thai": (
        ("NotoSerifThai-Regular.ttf", "NotoSansThai-Regular.ttf", "Garuda.ttf", "Norasi.ttf"),
        "ท่าเรือเก่าเต็มไปด้วยเรือในเช้าวันนั้น|ห้องสมุดเปิดทุกวันเวลาเก้าโมง|ไม่มีใครจำได้ว่าสะพานสร้างขึ้นเมื่อใด|"
        "แผนที่ถูกเก็บไว้ในห้องใต้ดินของศาลากลาง",
    ),
    "Devanagari": (
        ("NotoSansDevanagari-Regular.ttf", "Lohit-Devanagari.ttf"),
        "उस सुबह पुराना बंदरगाह नावों से भरा हुआ था|पुस्तकालय हर दिन नौ बजे खुलता है|किसी को याद नहीं कि पुल कब बना था|"
        "नक्शे नगर भवन के तहखाने में रखे जाते हैं",
    ),
    "Georgian": (
        ("NotoSansGeorgian-Regular.ttf", "DejaVuSerif.ttf"),
        "იმ დილით ძველი ნავსადგური ნავებით იყო სავსე|ბიბლიოთეკა ყოველდღე ცხრა საათზე იხსნება|არავის ახსოვს როდის აშენდა ხიდი|"
        "რუკები მერიის სარდაფში ინახება",
    ),
    "Armenian": (
        ("NotoSansArmenian-Regular.ttf", "DejaVuSerif.ttf"),
        "Այդ առավոտ հին նավահանգիստը լի էր նավակներով|Գրադարանը բացվում է ամեն օր ժամը իննին|"
        "Ոչ ոք չի հիշում թե երբ է կառուցվել կամուրջը|Քարտեզները պահվում են քաղաքապետարանի նկուղում",
    ),
}
_FROM_THE_RIGHT: Final = ("Hebrew", "Arabic")


def drawn(script: str, form: str, seed: int) -> Sheet | None:
    """A page with lines in a script; None where no font of it is here."""
    names, said = SCRIPTS[script]
    files = [file for name in names if (file := installed().get(name))]
    if not files:
        return None
    press, rng = Press("report", seed), random.Random(f"{script}-{form}-{seed}")
    sheet = press.sheet(script, size=(1200, 760))
    size = rng.randint(24, 34)
    font, body = ImageFont.truetype(str(files[seed % len(files)]), size), press.body(size - 4, size)
    y = 60.0
    foreign = [rng.choice(said.split("|")) for _ in range(FORMS[form])]
    if form == "line in English":
        y = sheet.paragraph((80, y, 1120, y + 8 * size), press.prose(4), body)
    for text in foreign:
        width = font.getlength(text)
        x = 1120 - width if script in _FROM_THE_RIGHT else 80.0
        sheet.draw.text((x, y), text, font=font, fill="black")
        sheet.lines.append(Line(text, Box(x, y, x + width, y + size)))
        y += 1.7 * size
    if form == "line in English":
        sheet.paragraph((80, y, 1120, y + 8 * size), press.prose(4), body)
    return sheet


def pages(count: int) -> Iterator[tuple[str, str, int]]:
    """``count`` pages of each script and form, by the seeds that they are drawn with."""
    for script in SCRIPTS:
        for form in FORMS:
            if drawn(script, form, FIRST) is None:
                print(f"NOT MEASURED: {script}: no font of it is here", file=sys.stderr)
                break
            yield from ((script, form, seed) for seed in range(FIRST, FIRST + count))


def page(engine: str, task: tuple[str, str, int]) -> tuple[tuple[str, str], dict[str, Any]]:
    """Script and form of a page, and what came out of it."""
    script, form, seed = task
    sheet, medium = drawn(script, form, seed), MEDIA[(seed + len(form)) % len(MEDIA)]
    assert sheet is not None, f"the font of {script} is gone"
    found = reader_of(engine).read(sheet, medium, seed)
    print(script, form, seed, medium, round(found["recall"], 3), found["codes"], flush=True)
    return (script, form), found


def run(count: int, engine: str, jobs: int) -> dict[str, Any]:
    """How many pages of each script and form were refused or right."""
    by: dict[str, dict[str, list[bool]]] = {"forms": defaultdict(list), "scripts": defaultdict(list)}
    named = []
    for (script, form), found in in_processes(partial(page, engine), pages(count), jobs):
        held = bool(found["codes"]) or found["recall"] >= GOOD
        named.append("wrong_script" in found["codes"])
        by["forms"][form].append(held)
        by["scripts"][script].append(held)
    every = [held for rows in by["forms"].values() for held in rows]
    return {
        "engine": engine,
        "refused_or_right": share(every),
        "named_as_script": share(named),
        **{name: {key: share(rows) for key, rows in rows_of.items()} for name, rows_of in by.items()},
    }


def main() -> None:
    parser = harness.arguments(__doc__, record="foreign-scripts")
    parser.add_argument("--pages", type=int, default=4, help="of each script and form")
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each on a core of its own")
    options = parser.parse_args()
    found = run(options.pages, options.engine, options.jobs)
    print(*(f"{kind}: {value}" for kind, value in found.items()), sep="\n")
    harness.write(options.json, found)


if __name__ == "__main__":
    main()
