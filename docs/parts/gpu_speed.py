"""How fast a GPU reads pages."""

from __future__ import annotations

from parts.common import Part, Record, from_evidence, measured, stamp, table


@from_evidence("gpu-pages", "python -m bench.gpu_pages --peers --json evidence/gpu-pages.json")
def gpu_pages(record: Record) -> str:
    """What each piece takes, one page, many pages; the peers; and how near to float32 all of it is."""
    vision, prompt, one = record["vision"], record["prompt"], record["one page"]
    rows = [
        (
            "vision tower",
            f"{vision['ms']:.0f} ms; {vision['ms, steps in plain torch']:.0f} ms with its small steps in plain torch",
        ),
        ("prompt", f"{prompt['ms']:.0f} ms"),
        ("**one page**", f"**{one['seconds']:.2f} s**, {one['tokens/s']:,} tokens/s"),
    ]
    for name, found in record.items():
        count, _, kind = name.partition(" ")
        if kind == "sequences" and "tokens/s" in found:
            rows.append(
                (f"{count} answers together", f"{found['tokens/s']:,} tokens/s, {found['step ms']:.2f} ms a step")
            )
        elif kind == "pages" and "pages/s" in found:
            rows.append(
                (
                    f"**{count} pages together**",
                    f"**{found['pages/s']:.2f} pages/s**, {found['peak MiB'] / 1024:.0f} GiB",
                )
            )
    crops = record.get("crops", {})
    if "ms, packed" in crops:
        apart, packed = crops["ms, one after the other"], crops["ms, packed"]
        rows.insert(1, ("eight blocks of a page", f"{packed:.0f} ms in one pass; {apart:.0f} ms one after the other"))
    for name in ("loop of transformers", "static cache of transformers"):
        if "tokens/s" in record.get(name, {}):
            waits = record[name].get("until it is fast")
            after = f", after {waits:.0f} s" if waits else ""
            rows.append((name, f"{record[name]['tokens/s']:.0f} tokens/s{after}"))
    page, far = record["page"], record["distance from float32"]
    kernels = ", ".join(f"{part} on `{kernel}`" for part, kernel in record["kernels"].items())
    within = "" if far["within rounding"] else " THIS IS NOT WITHIN ROUNDING."
    return (
        table(("", "measured"), rows)
        + f"\ndots.ocr's geometry, random bfloat16 weights. A page has {page['patches']:,} patches (A4 at 200 dpi), "
        f"{page['prompt']:,} tokens of prompt and {page['answer']:,} of answer, which are dictated at the full cost of each. "
        "Inputs are ready and nothing is judged; "
        f"{kernels}. Scores are {far['scores, 1 together']:.1%} (alone) and {far['scores, 3 together']:.1%} (together) from "
        f"those of float32, those of transformers' loop {far['scores, transformers']:.1%}; the tower's output "
        f"{far['tower, fused steps']:.1%}, and {far['tower, plain steps']:.1%} with plain steps.{within}\n"
        + stamp(record)
    )


@from_evidence("gpu-files", "python -m bench.gpu_files --json evidence/gpu-files.json")
def gpu_files(record: Record) -> str:
    """From image files to judged Markdown files, on the whole card, on two, and on the memory of a small one."""
    records = [record, measured("gpu-files-192"), measured("gpu-files-2-gpus"), measured("gpu-files-12gb")]
    both, alone = records[2]["pages/s"], record["pages/s"]
    rows = [
        (
            f"{each['pages']} files"
            + (f", {each['GPUs']} GPUs" if each.get("GPUs", 1) > 1 else "")
            + (f", torch may take {each['card GiB']} GiB" if each["card GiB"] else ""),
            f"**{each['pages/s']:.2f} pages/s**",
            f"{each['start to first text s']:.0f} s"
            + (f", again {each['start again s']:.0f} s" if "start again s" in each else ""),
            f"{each['gpu']['idle share']:.0%}",
            "none" if not each["wrong"] else str(len(each["wrong"])),
        )
        for each in records
    ]
    head = ("", "files to judged Markdown", "start to the first text", "GPU idle", "pages lost or wrong")
    return (
        table(head, rows)
        + "\ndots.ocr's geometry, random bfloat16 weights, Letter pages at 200 dpi of eight sizes, answers of about 1,000 tokens "
        "dictated at the full cost of each. Everything counts: files opened, turned, read, judged, written. The start loads the "
        "libraries and 6 GB of weights and reads the canary page; again, the kernels that it compiles are on disk. Two GPUs read "
        f"64 files each {both / alone:.2f} times as fast as one reads 64. The last row is of an earlier version.\n"
        + stamp(record)
    )


@from_evidence("first-text", "python -m bench.first_text --json evidence/first-text.json")
def first_text(record: Record) -> str:
    """From the command to the text, with next to no weights."""
    first, *later = (start["first text s"] for start in record["starts"])
    again = " to ".join(f"{one:.1f}" for one in sorted({min(later), max(later)}))
    imported = record["imports s, without distributed code"]
    return (
        f"With a checkpoint of 8 MB the first text of `ocroute read` stands there after **{first:.1f} s** for the first time, "
        f"when nothing compiled is on disk, and after **{again} s** again (hoped for: {record['goal s']:.0f}). Of that torch's "
        f"import takes {imported['torch']:.1f} s and that of the model's class {imported['model class']:.1f} s.\n"
        + stamp(record)
    )


PARTS: dict[str, Part] = {"gpu-pages": gpu_pages, "gpu-files": gpu_files, "first-text": first_text}
