"""Writes LaTeX and, beside it, what it says: paragraphs, sections, floats and tables."""

from __future__ import annotations

import random
import re

from bench.pages.typeset.prose import Prose
from bench.pages.typeset.script import Piece, Role, Script, Source, TableData
from bench.pages.typeset.tabledata import KINDS

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


class Writer:
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
