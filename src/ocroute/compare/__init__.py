"""Readings held against each other, and against facts or a known text: which engine is better, and on which pages.

    runs = together([load_run(Path("ours/")), load_run(Path("docling-md/"))])
    compare(runs).runs[0].agreement

``measures`` are pure functions of texts; ``comparing`` makes figures of runs; ``report_page`` shows them. Outputs of other
programs are read by ``foreign_formats``.
"""
