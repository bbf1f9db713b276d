"""Facts about tables in the listed PDFs, written down by eye. The key is the PDF's stem and the page's number."""

from __future__ import annotations

from ocroute.compare.page_facts import TableCell

TABLES: dict[str, tuple[TableCell, ...]] = {
    "debian-reference.en-p130": (
        TableCell("V:3, I:50", left="iperf", right="349", top_heading="popcon", max_diffs=1),
        TableCell("bwm-ng", up="bing", down="ethstats", max_diffs=1),
        TableCell("empirical stochastic bandwidth tester", left="80", left_heading="bing", max_diffs=2),
        TableCell("144", up="59", top_heading="size", left_heading="bmon"),
        TableCell("bandwidth analysis tool", left="78", top_heading="description", max_diffs=2),
    ),
    "debian-reference.en-p171": (
        TableCell("18062", left="V:908, I:999", down="355", left_heading="coreutils", max_diffs=1),
        TableCell(
            "time(1): run a program to report system resource usages with respect to time", left="129", max_diffs=3
        ),
        TableCell("anacron", up="cron", down="at", max_diffs=1),
        TableCell("lowest priority process (nice)", left="19", top_heading="scheduling priority", max_diffs=2),
        TableCell("very high priority process for user", up="lowest priority process (nice)", max_diffs=2),
    ),
    "debian-reference.en-p60": (
        TableCell("position at the beginning of a string", down="position at the end of a string", max_diffs=2),
        TableCell(
            "match any character including newline", top_heading="description of the regular expression", max_diffs=2
        ),
        TableCell("BRE", right="ERE"),
        TableCell(
            'match zero or one regular expressions identified by "r"', left="r?", left_heading="r\\?", max_diffs=4
        ),
    ),
    "JACoW_LaTeX_A4-p3": (
        TableCell("Author list", down="Abstract Title", max_diffs=1),
        TableCell("12 pt", left="9 pt", top_heading="Space After", left_heading="Author list", max_diffs=1),
        TableCell("10 pt base font", left="Equations", max_diffs=1),
        TableCell("Refs. ≥ 10", up="References when ≤ 9", max_diffs=3),
    ),
    "sample-sigconf-p4": (
        TableCell("300", up="100", right="For tables", top_heading="A Number", max_diffs=1),
        TableCell("For wider tables", up="For tables", left="400", top_heading="Comments", max_diffs=1),
    ),
    "sample-acmtog-p3": (
        TableCell("1 in 1,000", right="For Swedish names", top_heading="Frequency", max_diffs=1),
        TableCell("Used in business", up="Common in math", left="4 in 5", max_diffs=1),
        TableCell("Unexplained usage", left="1 in 40,000", top_heading="Comments", max_diffs=1),
    ),
    "siunitx-p36": (
        TableCell("complex-root-position", right="Choice", down="complex-symbol-angle", max_diffs=1),
        TableCell("after-number", left="Choice", up="input", top_heading="Default", max_diffs=1),
        TableCell("Switch", left="print-complex-unity", right="false", top_heading="Type", max_diffs=1),
    ),
    "siunitx-p18": (
        TableCell("propagate-math-font", right="Switch", up="number-mode", max_diffs=1),
        TableCell("text-font-command", right="Literal", max_diffs=1),
        TableCell("reset-text-shape", up="reset-text-series", down="text-family-to-math", max_diffs=1),
        TableCell("unit-mode", up="unit-color", right="Choice", max_diffs=1),
    ),
    "apssamp-p4": (
        TableCell("300.0", up="30", left="200", right="400", top_heading="Decimal", max_diffs=1),
        TableCell("3.001", right="4", left="2", left_heading="1", max_diffs=1),
    ),
    "apssamp-p5": (
        TableCell("He", up="one", right="2"),
        TableCell("45672.", left="2.77234", right="0.69", max_diffs=1),
        TableCell("15.90", left="0.990", right="2.710", left_heading="Ag", max_diffs=1),
        TableCell("16.70", left="0.310", right="3.330", max_diffs=1),
    ),
    "ascexmpl-p5": (
        TableCell("4008", left="Number of particles", down="Multiple", top_heading="Values", max_diffs=1),
        TableCell("Particle sizes", right="Multiple", down="Particle size range", max_diffs=1),
    ),
}
