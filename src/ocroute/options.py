"""The options of reading, each declared once: Python's `ocroute.read`, the command line, the check that an engine heeds what was
asked for, and the documentation all follow from here. Imports nothing heavy, for ``--help``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypedDict, TypeVar, get_args, get_origin, get_type_hints

F = TypeVar("F", bound=Callable[..., Any])


_CALLED: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How an option is told and given.

    Attributes:
        help: one sentence or two. ``{formats}`` stands for what is registered as such.
        default: what holds where it is left out.
        command_default: the same on the command line, where that is another.
        flag: on the command line, where it is not the name with two dashes.
        short, old: a letter for it, and a spelling of earlier versions that is not shown.
        metavar: what stands for its value in ``--help``.
        names: what a shell completes it by: a registry, or ``languages``.
        least: the smallest number that it takes.
        field: of `ocroute.engines.Wanted`, where engines are given it.
        kinds: of engines that heed it; all where empty.
        needs_engine: whether it makes sense only beside ``engine``, or a server.
        setting: whether it can be set to stay, see `ocroute.user_settings`.
        secret: whether its value is never shown.
    """

    help: str
    default: Any = ""
    command_default: Any = ...
    flag: str = ""
    short: str = ""
    old: str = ""
    metavar: str | None = None
    names: Literal["", "engines", "exporters", "languages"] = ""
    least: float | None = None
    field: str = ""
    kinds: tuple[str, ...] = ()
    needs_engine: bool = False
    setting: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """An option with its name and type, as Python has them."""

    name: str
    kind: Any
    option: Option

    @property
    def flag(self) -> str:
        """On the command line."""
        return self.option.flag or f"--{self.name.replace('_', '-')}"

    @property
    def plain(self) -> Any:
        """Its type where it is given, without None."""
        kinds = [kind for kind in get_args(self.kind) if kind is not type(None)]
        return kinds[0] if isinstance(self.kind, UnionType) or type(None) in get_args(self.kind) else self.kind

    def wanted(self, value: Any) -> str:
        """What it takes instead of ``value``; empty where ``value`` is of its type and not too small. None is a value of none."""
        kind = self.plain
        if self.takes_several:
            several = [value] if isinstance(value, str) else value
            fits = isinstance(several, list | tuple) and all(isinstance(item, str) for item in several)
            return "" if fits else 'texts, e.g. ["a", "b"]'
        if get_origin(kind) is Literal:
            return "" if value in get_args(kind) else f"one of: {', '.join(get_args(kind))}"
        fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
        if not fits or (isinstance(value, bool) and kind is not bool):
            return _CALLED[kind]
        return f"{self.option.least:g} or more" if self.option.least is not None and value < self.option.least else ""

    @property
    def takes_several(self) -> bool:
        """Whether it is a sequence, which is given with commas on the command line."""
        return get_origin(self.kind) is Sequence

    @property
    def command_default(self) -> Any:
        """Where the command line leaves it out."""
        return self.option.default if self.option.command_default is ... else self.option.command_default


class ReaderOptions(TypedDict, total=False):
    """What an `ocroute.Reader` is made for, `ocroute.read` takes, and ``ocroute read`` too."""

    engine: Annotated[
        str,
        Option(
            help="Read with this engine only; otherwise the best that this machine has, then the next.",
            metavar="NAME",
            names="engines",
        ),
    ]
    languages: Annotated[
        Sequence[str],
        Option(
            help="What is written there: codes or names, e.g. ru,en or Russian; see ocroute languages. Found out when left out.",
            default=(),
            flag="--lang",
            metavar="NAMES",
            names="languages",
            field="languages",
        ),
    ]
    prefer: Annotated[
        Literal["layout", "speed"],
        Option(
            help="layout: the best engine that this machine can run first; speed: those without a language model.",
            default="layout",
        ),
    ]
    model: Annotated[
        str,
        Option(
            help="Weights for the engine named: a folder, a hub id, or a server's name for its model.",
            metavar="WHERE",
            field="model",
            kinds=("vlm", "remote"),
            needs_engine=True,
        ),
    ]
    adapter: Annotated[
        str,
        Option(
            help="A folder with an adapter, as ocroute finetune train makes it, to be added to the weights.",
            metavar="FOLDER",
            field="adapter",
            kinds=("vlm",),
            needs_engine=True,
        ),
    ]
    task: Annotated[
        str,
        Option(
            help="What a neural engine is asked to do, e.g. layout or text; its own default when left out.",
            metavar="NAME",
            field="mode",
            kinds=("vlm", "remote"),
            needs_engine=True,
        ),
    ]
    base_url: Annotated[
        str,
        Option(
            help="Of an OpenAI-compatible server, for the engine openai.",
            metavar="URL",
            field="base_url",
            kinds=("remote",),
        ),
    ]
    runtime: Annotated[
        str,
        Option(
            help="vllm: your own vLLM runs the model of the engine named, started and ended by ocroute.",
            metavar="NAME",
            field="runtime",
            kinds=("vlm",),
            needs_engine=True,
        ),
    ]
    ca: Annotated[
        str,
        Option(
            help="A file with the certificate of that server, or of its authority, where the system trusts neither.",
            metavar="FILE",
            field="ca",
            kinds=("remote",),
        ),
    ]
    quantized: Annotated[
        bool,
        Option(
            help="Allow attention kernels that compute in fewer bits.",
            default=False,
            old="--quantised",
            field="quantized",
            kinds=("vlm",),
        ),
    ]
    jobs: Annotated[
        int | None,
        Option(
            help="Worker processes: with one or more, an engine that crashes takes its worker only. 0, the default in Python, "
            "reads in this process; the command leaves it to the machine.",
            default=0,
            command_default=None,
            metavar="N",
            least=0,
        ),
    ]
    timeout: Annotated[
        float | None,
        Option(
            help="The most one engine may take for one page, loading not counted; 300, or 1800 for a neural engine without a "
            "GPU; inf for no limit. Without worker processes only autoregressive engines keep it.",
            default=None,
            metavar="SECONDS",
        ),
    ]


class InputOptions(TypedDict, total=False):
    """What is said of an input whenever one is read."""

    pages: Annotated[
        str | None,
        Option(help="Pages to read, e.g. 1-3,7,10-; all when left out.", default=None, metavar="RANGES", setting=False),
    ]
    password: Annotated[str | None, Option(help="Of encrypted PDFs.", default=None, secret=True)]


class ReadOptions(InputOptions, ReaderOptions, total=False):
    """All that `ocroute.read` takes."""


class FormatOptions(TypedDict, total=False):
    """What a format may heed when a document is written, with ``ocroute read``, ``ocroute export`` or ``Document.save``."""

    keep_headers_footers: Annotated[
        bool,
        Option(
            help="Keep page headers and footers in the running text.",
            default=False,
            old="--keep-furniture",
        ),
    ]
    figures: Annotated[
        bool,
        Option(
            help="Save the pictures of the pages as files beside the text, which links to them.",
            default=False,
        ),
    ]
    page_images: Annotated[
        Literal["none", "png", "webp"],
        Option(
            help="Save an image of every page as it was read, upright and deskewed; hocr and alto then name it.",
            default="none",
        ),
    ]
    page_marks: Annotated[
        bool, Option(help="Begin every page with a comment that names it, in Markdown.", default=False)
    ]
    tables: Annotated[
        Literal["html", "markdown", "auto"],
        Option(
            help="How tables stand in Markdown: as HTML; with pipes, cells that span others repeated; auto: with pipes where no "
            "cell spans others.",
            default="html",
        ),
    ]
    chunk_size: Annotated[
        int,
        Option(help="The most characters in one of the chunks.", default=2000, metavar="N", least=100),
    ]
    layer: Annotated[
        Literal["auto", "replace"],
        Option(
            help="What becomes, in pdf, of an invisible text layer that does not say what the page shows: auto keeps it and says "
            "so; replace puts the text that was read in its place.",
            default="auto",
        ),
    ]
    pdfa: Annotated[
        bool, Option(help="Write the pdf as PDF/A-2b; where that cannot be, a plain PDF, and say so.", default=False)
    ]


class OutputOptions(TypedDict, total=False):
    """What ``ocroute read`` takes about files."""

    out: Annotated[
        str | None,
        Option(
            help="A file, in the format of its suffix; or a folder, where a stopped run goes on; - is standard output.",
            default=None,
            short="-o",
            metavar="WHERE",
        ),
    ]
    formats: Annotated[
        Sequence[str],
        Option(
            help="One of {formats}; several with commas. md when left out, or that of -o FILE.",
            default=(),
            flag="--format",
            metavar="NAMES",
            names="exporters",
        ),
    ]
    force: Annotated[
        bool, Option(help="Replace files that ocroute has not written there.", default=False, setting=False)
    ]


class SharingOptions(TypedDict, total=False):
    """What ``ocroute read`` takes about work that several machines share."""

    shard: Annotated[
        str | None,
        Option(
            help="Read this part of the inputs only, e.g. 3/16: which of how many. The parts together are all inputs.",
            default=None,
            metavar="K/N",
            setting=False,
        ),
    ]
    queue: Annotated[
        str | None,
        Option(
            help="Read what is in this queue, a folder or an address, beside any number of other machines; see ocroute queue.",
            default=None,
            metavar="WHERE",
            setting=False,
        ),
    ]


class ScreenOptions(TypedDict, total=False):
    """What ``ocroute read`` takes about its own lines on stderr."""

    explain: Annotated[
        bool, Option(help="Say on stderr what was tried on each page and why its text won.", default=False)
    ]
    quiet: Annotated[bool, Option(help="No progress and no remarks on stderr, only errors.", default=False, short="-q")]
    verbose: Annotated[
        bool,
        Option(help="Say every step on stderr, of worker processes too; -q goes before.", default=False, short="-v"),
    ]
    log_file: Annotated[
        str | None,
        Option(help="Append every step to this file, with its time; also with -q.", default=None, metavar="FILE"),
    ]
    config: Annotated[
        str | None,
        Option(
            help="A file of settings in TOML, instead of the user's own; see ocroute doctor.",
            default=None,
            metavar="FILE",
            setting=False,
        ),
    ]


class CommandOptions(OutputOptions, FormatOptions, ReadOptions, SharingOptions, ScreenOptions, total=False):
    """All that ``ocroute read`` takes."""


@cache
def declared(group: type) -> dict[str, Declared]:
    """The options of a group by their names, in the order in which they stand above."""
    found = {}
    for name, hint in get_type_hints(group, include_extras=True).items():
        kind, option = get_args(hint)
        found[name] = Declared(name, kind, option)
    return found


def filled(group: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the default of every option of ``group`` that is not in it.

    Raises:
        TypeError: one is not of the group.
    """
    known = declared(group)
    if strange := [name for name in given if name not in known]:
        raise TypeError(f"there is no option {strange[0]!r}; there are: {', '.join(known)}")
    return {name: one.option.default for name, one in known.items()} | dict(given)


def documented(group: type) -> Callable[[F], F]:
    """Give a function that takes ``**options`` of a group their signature, and their lines in its docstring at ``{options}``."""

    def decorate(function: F) -> F:
        import inspect

        options = declared(group).values()
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        keywords = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.option.default, annotation=one.kind)
            for one in options
        ]
        vars(function)["__signature__"] = signature.replace(parameters=[*own, *keywords])
        lines = "\n        ".join(f"{one.name}: {one.option.help}" for one in options)
        function.__doc__ = (function.__doc__ or "").replace("{options}", lines)
        return function

    return decorate
