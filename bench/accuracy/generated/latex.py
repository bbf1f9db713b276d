"""Documents set by LaTeX: journal articles in two columns, a book with running heads, a dictionary in small type, reports."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from bench.accuracy.generated.prose import Prose
from bench.accuracy.generated.script import Piece, Role, Script, Source, TableData
from bench.accuracy.generated.tabledata import KINDS

_SPECIAL = re.compile(r"([%&$#_{}])")
_MATHS = (
    r"$\alpha_i > 0$", r"$x^2 + y^2 \le r^2$", r"$n = 12$", r"$\hat{p}_k$",
)  # fmt: skip
_DISPLAYS = (
    r"\begin{equation} E_k = \sum_{i=1}^{n} w_i \left( x_i - \mu_k \right)^2 + \lambda \| w \| \end{equation}",
    r"\begin{equation} \frac{\partial u}{\partial t} = D \nabla^2 u - \gamma u \end{equation}",
)


def tex(text: str) -> str:
    """Plain text as LaTeX."""
    return re.sub(r'"([^"]*)"', r"``\1''", _SPECIAL.sub(r"\\\1", text)).replace("–", "--")


class _Writer:
    """Collects the LaTeX of a document and, beside it, what it says.

    Where a class prints headings and table captions in ``capitals``, no fact is made of them.
    """

    def __init__(self, seed: str, *, capitals: bool = False) -> None:
        self.prose = Prose(seed)
        self.dice = random.Random(seed + "/layout")
        self._headings = "" if capitals else "main"
        self.pieces: list[Piece] = []
        self.tables: list[TableData] = []
        self.body: list[str] = []
        self._floats = 0

    def say(self, role: Role, sentences: list[str], form: str, flow: str = "main", extra: str = "") -> None:
        """Add a piece; ``form`` is LaTeX with ``@`` where the text goes."""
        self.pieces.append(Piece(role, tuple(sentences), flow))
        self.body.append(form.replace("@", " ".join(tex(sentence) for sentence in sentences) + extra))

    def paragraph(self, *, maths: bool = False, notes: bool = False) -> None:
        """A paragraph, now and then with a footnote or followed by a displayed formula."""
        sentences = self.prose.paragraph()
        extra = ""
        if notes and self.prose.chance(0.15):
            note = self.prose.sentence()
            self._floats += 1
            self.pieces.append(Piece("footnote", (note,), f"note{self._floats}"))
            extra = rf"\footnote{{{tex(note)}}}"
        self.say("paragraph", sentences, "@\n", extra=extra)
        if maths and self.prose.chance(0.3):
            self.body.append(f"Here {self.prose.pick(list(_MATHS))} holds. " + self.prose.pick(list(_DISPLAYS)))

    def section(self, command: str, paragraphs: int, **wishes: bool) -> None:
        """A heading and its paragraphs, sometimes with a list."""
        self.say("heading", [self.prose.heading()], rf"\{command}{{@}}", self._headings)
        for _ in range(paragraphs):
            self.paragraph(**wishes)
        if self.prose.chance(0.3):
            self.body.append(r"\begin{itemize}")
            for _ in range(3):
                self.say("item", [self.prose.sentence()], r"\item @")
            self.body.append(r"\end{itemize}")

    def float(self, environment: str, width: str) -> None:
        """A figure (a small plot) or a table with a caption, wherever LaTeX puts it."""
        self._floats += 1
        flow = f"float{self._floats}"
        caption = self.prose.sentence()
        shown = self._headings if environment.startswith("table") else "main"
        self.pieces.append(Piece("caption", (caption,), flow if shown else ""))
        if environment.startswith("figure"):
            inner = (
                r"\setlength{\unitlength}{1mm}\begin{picture}(70,36)\put(8,6){\vector(1,0){60}}\put(8,6){\vector(0,1){28}}"
                + "".join(rf"\put({10 + 6 * i},{8 + self.dice.randint(0, 20)}){{\circle*{{1.6}}}}" for i in range(9))
                + r"\put(30,0){\footnotesize depth (m)}\put(0,34){\footnotesize yield}\end{picture}"
            )
            self.body.append(
                rf"\begin{{{environment}}}[t]\centering {inner}\caption{{{tex(caption)}}}\end{{{environment}}}"
            )
        else:
            data = self.dice.choice(KINDS[:3])(self.prose, self.dice)
            self.tables.append(data)
            size = r"\scriptsize" if width == "narrow" else r"\small"
            self.body.append(
                rf"\begin{{{environment}}}[t]\centering\caption{{{tex(caption)}}}{size}\setlength{{\tabcolsep}}{{3pt}}"
                rf"{tabular(data, self.dice.random() < 0.3)}\end{{{environment}}}"
            )

    def source(self, name: str, category: str, head: str, furniture: list[str], wear: str, tail: str = "") -> Source:
        """The finished document."""
        code = head + "\n\n".join(self.body) + tail + "\n\\end{document}\n"
        return Source(
            name, category, "latex", code, Script(tuple(self.pieces), tuple(self.tables), tuple(furniture)), wear
        )


def tabular(data: TableData, ruled: bool) -> str:
    """A table in LaTeX: booktabs, or a full grid."""
    columns = sum(cell.columns for cell in data.rows[0])
    held: dict[int, int] = {}  # columns covered from above, rows left
    lines = []
    heads = 1 + any(cell.rows > 1 for cell in data.rows[0])
    for at, row in enumerate(data.rows):
        parts, rules, column, cells = [], [], 0, iter(row)
        while column < columns:
            if held.get(column, 0):
                held[column] -= 1
                parts.append("")
                column += 1
                continue
            cell = next(cells)
            text = tex(cell.text)
            text = rf"\textbf{{{text}}}" if cell.header else text
            if cell.rows > 1:
                held[column] = cell.rows - 1
                text = rf"\multirow{{{cell.rows}}}{{*}}{{{text}}}"
            if cell.columns > 1:
                text = rf"\multicolumn{{{cell.columns}}}{{{'|c|' if ruled else 'c'}}}{{{text}}}"
                rules.append(rf"\cmidrule(lr){{{column + 1}-{column + cell.columns}}}")
            parts.append(text)
            column += cell.columns
        line = " & ".join(parts) + r" \\"
        if ruled:
            line += rf"\cline{{2-{columns}}}" if heads == 2 and at == 0 else r"\hline"
        elif at == 0 and heads == 2:
            line += "".join(rules)
        elif at == heads - 1:
            line += r"\midrule"
        lines.append(line)
    shape = "|" + "l|" + "r|" * (columns - 1) if ruled else "l" + "r" * (columns - 1)
    top, bottom = (r"\hline", "") if ruled else (r"\toprule", r"\bottomrule")
    return rf"\begin{{tabular}}{{{shape}}}{top}" + "\n".join(lines) + rf"{bottom}\end{{tabular}}"


_COMMON = r"\usepackage[T1]{fontenc}\usepackage{booktabs,multirow,multicol,graphicx,fancyhdr,lmodern,microtype,amsmath}"


def ieee(name: str, wear: str) -> Source:
    """A journal article in two columns with marks at the top of the page."""
    w = _Writer(name, capitals=True)
    title, mark = (
        w.prose.title(),
        f"Journal of {w.prose.heading()}, Vol. {w.dice.randint(2, 80)}, No. {w.dice.randint(1, 12)}, {w.prose.word('month')} {w.dice.randint(1995, 2023)}",
    )
    other = f"{w.prose.word('name')} et al.: {w.prose.title()}"
    start = w.dice.randint(112, 890)
    head = rf"\documentclass[journal]{{IEEEtran}}{_COMMON}\begin{{document}}\setcounter{{page}}{{{start}}}\title{{{tex(title)}}}" \
           rf"\author{{{w.prose.person()}, {w.prose.person()}, and~{w.prose.person()}}}\markboth{{{tex(mark)}}}{{{tex(other)}}}\maketitle" + "\n"  # fmt: skip
    w.pieces.append(Piece("title", (title,)))
    w.say("paragraph", w.prose.paragraph(4, 5), r"\begin{abstract}@\end{abstract}")
    for at in range(7):
        w.section("section", 3, maths=True, notes=True)
        if at in (0, 2, 4):
            w.float("figure" if at == 0 else "table", "narrow")
    # The class prints marks in capitals.
    return w.source(name, "multi_column", head, [mark.upper(), other.upper()], wear)


def physics(name: str, wear: str) -> Source:
    """A letter to a physics journal: two columns of dense type, floats across the page."""
    w = _Writer(name, capitals=True)
    title = w.prose.title()
    head = rf"\documentclass[aps,prl,twocolumn,10pt]{{revtex4-2}}{_COMMON.replace('multicol,', '')}\pagestyle{{plain}}\begin{{document}}\title{{{tex(title)}}}" \
           rf"\author{{{w.prose.person()}}}\affiliation{{Institute of Coastal Records, {w.prose.word('place')}}}" + "\n"  # fmt: skip
    w.pieces.append(Piece("title", (title,)))
    w.say("paragraph", w.prose.paragraph(4, 5), r"\begin{abstract}@\end{abstract}\maketitle")
    for at in range(6):
        w.section("section", 3, maths=True)
        if at in (1, 3):
            w.float("table*" if at == 3 else "figure", "wide")
    return w.source(name, "multi_column", head, [], wear)


def newspaper(name: str, wear: str) -> Source:
    """Three narrow columns, several stories one after the other, each under its headline."""
    w = _Writer(name)
    place = w.prose.word("place")
    month = w.prose.word("month")
    head = rf"\documentclass[9pt,a4paper]{{extarticle}}{_COMMON}\usepackage[margin=15mm,top=22mm]{{geometry}}\pagestyle{{fancy}}\fancyhf{{}}" \
           rf"\fancyhead[L]{{The {place} Messenger}}\fancyhead[R]{{Saturday, {w.dice.randint(1, 28)} {month}}}\fancyfoot[C]{{Page \thepage{{}} of our {month} issue}}" \
           r"\setlength{\columnsep}{6mm}\setlength{\columnseprule}{0.3pt}\begin{document}" + "\n"  # fmt: skip
    for _ in range(2):
        w.say("title", [w.prose.title()], r"\begin{center}{\Huge\bfseries @}\end{center}")
        w.body.append(r"\begin{multicols}{3}")
        for _ in range(4):
            w.say("heading", [w.prose.title()], r"\subsection*{@}")
            w.body.append(rf"\textit{{By {w.prose.person()}}}\par")
            for _ in range(3):
                w.paragraph()
        w.body.append(r"\end{multicols}")
    return w.source(name, "multi_column", head, [f"The {place} Messenger", f"of our {month} issue"], wear)


def book(name: str, wear: str) -> Source:
    """A book's page: chapter and section above a rule, publisher and page number below."""
    w = _Writer(name)
    title, imprint = w.prose.title(), f"{w.prose.word('place')} University Press, {w.dice.randint(1970, 2022)}"
    chapter = w.prose.title()
    start = w.dice.randint(112, 640)
    head = rf"\documentclass[11pt,a5paper,oneside]{{book}}{_COMMON}\usepackage[margin=18mm]{{geometry}}\pagestyle{{fancy}}\fancyhf{{}}" \
           rf"\fancyhead[L]{{\itshape {tex(title)}}}\fancyhead[R]{{\thepage}}\fancyfoot[C]{{\footnotesize {tex(imprint)}}}" \
           rf"\begin{{document}}\setcounter{{page}}{{{start}}}\section*{{{tex(chapter)}}}" + "\n"  # fmt: skip
    for _ in range(4):
        w.section("section*", 3, notes=True)
    return w.source(name, "headers_footers", head, [title, imprint], wear)


def report(name: str, wear: str) -> Source:
    """An office report: logo line and reference above, disclaimer and page x of y below, tables between."""
    w = _Writer(name)
    office, reference = (
        f"{w.prose.word('place')} Harbour Board",
        f"Ref. {w.dice.randint(1000, 9999)}/{w.dice.choice('ABCD')}",
    )
    notice = f"Confidential: for the {w.prose.word('plural')} of {w.prose.word('place')} only"
    head = rf"\documentclass[11pt,a4paper]{{article}}{_COMMON}\usepackage[margin=25mm]{{geometry}}\usepackage{{lastpage}}\usepackage{{helvet}}" \
           rf"\renewcommand{{\familydefault}}{{\sfdefault}}\pagestyle{{fancy}}\fancyhf{{}}\fancyhead[L]{{\textbf{{{office}}}}}\fancyhead[R]{{{tex(reference)}}}" \
           rf"\fancyfoot[L]{{\scriptsize {tex(notice)}}}\fancyfoot[R]{{\scriptsize Page \thepage{{}} of \pageref{{LastPage}}}}\begin{{document}}" + "\n"  # fmt: skip
    for at in range(5):
        w.section("section", 2)
        if at % 2 == 0:
            w.float("table", "wide")
    return w.source(name, "headers_footers", head, [office, reference, notice], wear)


def dictionary(name: str, wear: str) -> Source:
    """A glossary in 6-point type, three columns to the page."""
    w = _Writer(name)
    size = w.dice.choice((6, 6.5, 7))
    head = rf"\documentclass[8pt,a4paper]{{extarticle}}{_COMMON}\usepackage[margin=14mm]{{geometry}}\pagestyle{{empty}}\setlength{{\parindent}}{{0pt}}" \
           rf"\begin{{document}}\begin{{multicols}}{{{w.dice.choice((2, 3))}}}\fontsize{{{size}}}{{{size * 1.15:.1f}}}\selectfont" + "\n"  # fmt: skip
    for _ in range(260):
        word, meaning = w.prose.entry()
        kind = w.prose.pick(["n.", "adj.", "v."])
        w.pieces.append(Piece("entry", (f"{word}, {kind} {meaning}.",)))
        w.body.append(rf"\hangindent=1em\textbf{{{word}}}, \textit{{{kind}}} {tex(meaning)}.\par")
    return w.source(name, "tiny_text", head, [], wear, r"\end{multicols}")


def smallprint(name: str, wear: str) -> Source:
    """Terms and conditions: one wide column of 6-point type."""
    w = _Writer(name)
    head = rf"\documentclass[8pt,a4paper]{{extarticle}}{_COMMON}\usepackage[margin=16mm]{{geometry}}\pagestyle{{empty}}\begin{{document}}" \
           r"\fontsize{6}{7}\selectfont" + "\n"  # fmt: skip
    for at in range(26):
        w.say("paragraph", w.prose.paragraph(4, 7), rf"\noindent {at + 1}. @\par")
    return w.source(name, "tiny_text", head, [], wear)


def tables(name: str, wear: str) -> Source:
    """Pages with several tables between paragraphs."""
    w = _Writer(name)
    head = rf"\documentclass[10pt,a4paper]{{article}}{_COMMON}\usepackage[margin=25mm]{{geometry}}\usepackage{{float}}\pagestyle{{empty}}\begin{{document}}" + "\n"  # fmt: skip
    for at in range(3):
        w.paragraph()
        data = KINDS[(at + w.dice.randint(0, 2)) % 3](w.prose, w.dice)
        w.tables.append(data)
        caption = w.prose.sentence()
        w.pieces.append(Piece("caption", (caption,), f"float{at}"))
        w.body.append(
            rf"\begin{{table}}[H]\centering\caption{{{tex(caption)}}}\medskip {tabular(data, w.dice.random() < 0.4)}\end{{table}}"
        )
    w.paragraph()
    return w.source(name, "tables", head, [], wear)


TEMPLATES: dict[str, Callable[[str, str], Source]] = {
    "ieee": ieee, "physics": physics, "newspaper": newspaper, "book": book, "report": report,
    "dictionary": dictionary, "smallprint": smallprint, "tables": tables,
}  # fmt: skip
