"""GOT-OCR's formatted answers, Markdown with LaTeX among it, to blocks."""

import time

import pytest

from ocroute.engines.neural.mathpix import from_mathpix
from ocroute.values import Category

PAGE = r"""\title{
Annual Report \\ of the Harbour
}

\author{
A. Smith \\
B. Jones
}

\begin{abstract}
The \textbf{ferry} runs, with \(a<b\).
\end{abstract}

\section*{1 Sales}

Sales rose by \(4 \%\), see \cite{x}.
They rose.

\subsection{Of \emph{fish} \(x^{2}\)}
\[
x = \begin{array}{l} a \\ b \end{array}
\]

\begin{itemize}
  \item one
  \item[(b)] two, \textit{of which}
  \begin{enumerate}
    \item inner
    \item last
  \end{enumerate}
\end{itemize}

\begin{table}[ht]
\caption{The catch}
\begin{tabular}{|l|p{3cm}|}
\hline \multicolumn{2}{|c|}{Catch \& sale} \\
\hline \multirow{2}{*}{Cod} & 12 \\
\cline { 2 - 2 } & \begin{tabular}{l} 13 \\ late \end{tabular} \\
\hline
\end{tabular}
\end{table}

\begin{equation*}
E = m c^{2}
\end{equation*}

\includegraphics[max width=\textwidth]{harbour.jpg}
\footnotetext{* By weight.}

## Notes

| a | b |
"""


def told(answer):
    return [(block.category, block.text) for block in from_mathpix(answer)]


def test_a_page_becomes_blocks():
    blocks = from_mathpix(PAGE)
    formula = "\\[\nx = \\begin{array}{l} a \\\\ b \\end{array}\n\\]"
    assert [(block.category, block.text) for block in blocks if block.category is not Category.TABLE] == [
        (Category.TITLE, "Annual Report of the Harbour"),
        (Category.TEXT, "A. Smith\nB. Jones"),
        (Category.TEXT, "The **ferry** runs, with $a<b$."),
        (Category.SECTION_HEADER, "1 Sales"),
        (Category.TEXT, "Sales rose by $4 \\%$, see \\cite{x}.\nThey rose."),
        (Category.SECTION_HEADER, "Of *fish* $x^{2}$"),
        (Category.FORMULA, formula),
        (Category.LIST_ITEM, "one"),
        (Category.LIST_ITEM, "two, *of which*"),
        (Category.LIST_ITEM, "inner"),
        (Category.LIST_ITEM, "last"),
        (Category.CAPTION, "The catch"),
        (Category.FORMULA, "\\begin{equation*}\nE = m c^{2}\n\\end{equation*}"),
        (Category.PICTURE, ""),
        (Category.FOOTNOTE, "* By weight."),
        (Category.SECTION_HEADER, "Notes"),
        (Category.TEXT, "| a | b |"),
    ]
    assert [block.level for block in blocks if block.category is Category.SECTION_HEADER] == [1, 2, 1]
    items = [block for block in blocks if block.category is Category.LIST_ITEM]
    assert [(item.marker, item.level) for item in items] == [("•", 0), ("(b)", 0), ("1.", 1), ("2.", 1)]


def test_a_table_has_its_cells():
    (table,) = [block for block in from_mathpix(PAGE) if block.category is Category.TABLE]
    assert [(cell.row, cell.column, cell.text, cell.row_span, cell.column_span) for cell in table.table.cells] == [
        (0, 0, "Catch & sale", 1, 2),
        (1, 0, "Cod", 2, 1),
        (1, 1, "12", 1, 1),
        (2, 1, "13 late", 1, 1),
    ]


def test_a_table_of_a_cell_that_is_html_by_chance():
    (block,) = from_mathpix(r"\begin{tabular}{ll} a < b & <td> \\ $x < y$ & \$5 \& 6 \end{tabular}")
    assert [cell.text for cell in block.table.cells] == ["a < b", "<td>", "$x < y$", r"\$5 & 6"]


def test_a_table_that_is_cut_stays_open_for_the_judge_to_see():
    (block,) = from_mathpix("\\begin{tabular}{ll}\na & b \\\\\nc & d")
    assert (block.category, block.markup, block.table) == (Category.TABLE, "html", None)
    assert block.text == "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>"


@pytest.mark.parametrize("length", range(0, len(PAGE), 11))
def test_a_cut_answer_keeps_its_words(length):
    said = " ".join(block.text for block in from_mathpix(PAGE[:length]))
    for word in ("Annual", "Smith", "ferry", "Sales", "fish", "inner", "catch", "Cod", "weight"):
        assert (word in said) or PAGE[:length].find(word + " ") < 0


def test_a_brace_that_is_left_open_takes_a_paragraph_along_and_no_more():
    assert told("\\section*{Sales\n\nThe text.\n\n\\section*{Costs}") == [
        (Category.SECTION_HEADER, "Sales"),
        (Category.TEXT, "The text."),
        (Category.SECTION_HEADER, "Costs"),
    ]


def test_markdown_stays_what_it_is():
    assert told("# Tides\n\nHigh at **noon**.\n\n$$x$$\n\n<table><tr><td>1</td></tr></table>") == [
        (Category.TITLE, "Tides"),
        (Category.TEXT, "High at **noon**."),
        (Category.FORMULA, "$$x$$"),
        (Category.TABLE, "<table><tr><td>1</td></tr></table>"),
    ]


@pytest.mark.parametrize(
    "nasty",
    [
        "\\item " * 3000,
        "\\begin{itemize}" * 3000,
        "\\begin{center}\n" * 3000,
        "\\section{" * 3000,
        "\\( " * 3000,
        "\\textbf{" * 3000,
        "{" * 9000,
    ],
)
def test_nonsense_takes_no_long_time(nasty):
    started = time.monotonic()
    from_mathpix(nasty)
    assert time.monotonic() - started < 5
