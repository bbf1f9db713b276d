"""Which PDFs, and which of their pages. On Debian: texlive-publishers-doc, texlive-science-doc, texlive-latex-extra-doc,
r-doc-pdf, debian-reference. A document that is not here is left out, and the bench says so."""

from __future__ import annotations

from typing import NamedTuple

_TEX = "/usr/share/doc/texlive-doc/"


class Document(NamedTuple):
    """One PDF; ``pages`` count from 1."""

    path: str
    pages: tuple[int, ...]


_TWO_COLUMNS = {
    "latex/acmart/samples/sample-sigconf.pdf": (2, 3, 4),
    "latex/acmart/samples/sample-sigplan.pdf": (2, 5),
    "latex/acmart/samples/sample-acmtog.pdf": (2, 3),
    "latex/ieeetran/testflow_doc.pdf": (2, 4, 6, 9),
    "latex/revtex/sample/aps/apssamp.pdf": (1, 2, 4, 5),
    "latex/revtex/sample/aip/aipsamp.pdf": (2, 4),
    "latex/aastex/sample631.pdf": (2, 5, 8),
    "latex/asmeconf/asmeconf-template.pdf": (1, 2, 4),
    "latex/asmejour/asmejour-template.pdf": (2, 3, 5),
    "latex/elsarticle/elstest-5p.pdf": (1, 2, 3),
    "latex/elsarticle/elstest-3pd.pdf": (2, 3),
    "latex/jacow/JACoW_LaTeX_A4.pdf": (1, 2, 3),
    "latex/quantumarticle/quantum-template.pdf": (1, 2, 3),
    "latex/quantumarticle/quantumarticle.pdf": (3, 5),
    "latex/tugboat/ltubguid.pdf": (2, 3, 4, 6),
    "plain/tugboat-plain/tubguide.pdf": (2, 4, 6),
    "latex/prtec/PRTEC19-template.pdf": (1, 2, 4),
    "latex/ieeepes/ieeepes_doc.pdf": (2, 3),
    "latex/ieeeconf/IEEEconf.pdf": (2, 5),
    "latex/confproc/example/papers/p_001.pdf": (1, 2, 3),
    "latex/confproc/example/papers/p_003.pdf": (2, 3),
    "latex/confproc/example/papers/p_007.pdf": (2, 4),
    "latex/aiaa/author_guide.pdf": (2, 3),
    "latex/ijsra/ijsra.pdf": (2, 3, 4),
    "dvipdfmx/tug2005.pdf": (2, 4, 7),
    "latex/els-cas-templates/doc/elsdoc-cas.pdf": (4, 6),
    "latex/aguplus/aguplus.pdf": (2, 3),
    "latex/jpsj/injpsj2.pdf": (2, 3),
}

_RUNNING_HEADS = {
    "latex/koma-script/scrguide-en.pdf": (117, 203, 311, 402),
    "latex/hagenberg-thesis/hagenberg-thesis-tutorial.pdf": (15, 28, 41),
    "latex/jmlr/jmlr.pdf": (8, 22, 40),
    "latex/jmlr/pmlr-sample.pdf": (2, 3, 4),
    "latex/acmart/acmguide.pdf": (5, 9),
    "latex/acmart/samples/sample-acmsmall.pdf": (2, 3, 5),
    "latex/acmart/samples/sample-acmlarge.pdf": (2, 4),
    "latex/classicthesis/ClassicThesis.pdf": (14, 19, 24),
    "latex/cleanthesis/my-thesis.pdf": (11, 14, 17),
    "latex/apa7/samples/longsample.pdf": (3, 5, 7),
    "latex/apa7/apa7.pdf": (4, 8),
    "latex/resphilosophica/rpsample.pdf": (2, 3, 5),
    "latex/computational-complexity/cc.pdf": (4, 9),
    "latex/ijmart/ijmsample.pdf": (8, 15, 22),
    "latex/aomart/aomsample.pdf": (4, 11),
    "latex/pracjourn/pjsample.pdf": (1, 2),
    "latex/lion-msc/lion-msc.pdf": (8, 12),
    "latex/confproc/confproc.pdf": (12, 30),
    "latex/dccpaper/dccpaper.pdf": (3, 9),
    "kpathsea/kpathsea.pdf": (12, 25, 40),
    "dvips/dvips.pdf": (10, 31, 50),
    "latex/witharrows/witharrows.pdf": (20,),
    "latex/ebsthesis/ebsthesis.pdf": (5,),
    "latex/siunitx/siunitx.pdf": (18, 36),
    "latex/ascelike/ascexmpl.pdf": (4, 5),
    "latex/tlc-article/doc/tlc-article.pdf": (3, 6),
}

_ELSEWHERE = {
    "/usr/share/R/doc/manual/R-intro.pdf": (12, 34, 60, 100),
    "/usr/share/R/doc/manual/R-exts.pdf": (25, 110, 140),
    "/usr/share/R/doc/manual/R-admin.pdf": (20, 50),
    "/usr/share/R/doc/manual/R-FAQ.pdf": (10, 30),
    "/usr/share/R/doc/manual/refman.pdf": (140, 517, 900, 1504, 2380, 2400),
    "/usr/share/debian-reference/debian-reference.en.pdf": (60, 97, 130, 171, 220),
    "/usr/share/doc/libtasn1-doc/libtasn1.pdf": (9, 20),
    "/usr/share/doc/shared-mime-info/shared-mime-info-spec.pdf": (5, 9),
}

DOCUMENTS = tuple(
    Document(path if path.startswith("/") else _TEX + path, pages)
    for group in (_TWO_COLUMNS, _RUNNING_HEADS, _ELSEWHERE)
    for path, pages in group.items()
)
