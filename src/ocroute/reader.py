"""Reading from Python: a reader that stays open."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, cast

from ocroute.document_api import Document, Page
from ocroute.errors import InputError, UsageError
from ocroute.events import Event, listening
from ocroute.files import Scratch
from ocroute.languages import resolved
from ocroute.options import ReaderOptions, declared, documented, filled
from ocroute.pages import expand, is_input, is_path, name_of, spool
from ocroute.pages.ranges import written
from ocroute.route.wish import wish_of
from ocroute.run import Input, Session, Work, documents, each_page, input_of

if TYPE_CHECKING:
    from ocroute.pages.in_memory import PageInput

_T = TypeVar("_T")

_TOGETHER = 32
_TOGETHER_NEURAL = 256
"""Inputs of a stream that are opened and read together, many where a GPU is to be kept busy; pictures among them lie in the
scratch folder meanwhile."""


class Reader:
    """Reads inputs one after another; engines load once and stay. Use it in a ``with`` block, or ``close`` it.

    Any thread may use it. One reading is done at a time: ``read`` waits until another thread's ``read`` is over, and until the
    page stream of another thread has come to the end of what it has opened. Several readers read side by side.
    A process that was forked off cannot use it.
    """

    @documented(ReaderOptions)
    def __init__(self, **options: Unpack[ReaderOptions]) -> None:
        """Nothing is loaded before the first page.

        Args:
            {options}

        Raises:
            UsageError: an option makes no sense.
            TypeError: there is no such option.
        """
        values = checked(options)
        self._session = Session(wish_of(values), jobs=values["jobs"], timeout=values["timeout"])
        self._scratch = Scratch()
        self._numbers = count()
        self._turn = threading.Lock()  # held from a reading's first step to its last
        self._step = threading.RLock()  # held while one step is made
        self._owner = 0
        self._process = os.getpid()
        self._end = weakref.finalize(self, _end, self._session, self._scratch, self._process)

    @property
    def neural(self) -> bool:
        """Whether a neural model reads here."""
        return self._session.neural

    def read(
        self, source: PageInput, *, pages: str | Iterable[int] | None = None, password: str | None = None
    ) -> Document:
        """Read one input.

        Args:
            source: an image or a PDF: a path, its bytes, a file object that gives them, a PIL image, or an array of uint8,
                H x W x 3 in the order RGB or H x W for grey, origin top left.
            pages: which pages, e.g. ``"1-3,7"`` or ``[1, 3]``; all when None.
            password: of an encrypted PDF.

        Returns:
            A document with one record for each page, in order. Look at ``document.ok`` before you trust it, and at each
            page's ``verdict``: a page whose text was refused by the judge is ``doubtful``, not missing.

        Raises:
            InputError: the input cannot be opened.
            EngineUnavailable: no engine, or not the one asked for, can run here.
            UsageError: an argument makes no sense, or the reader cannot be used here and now.
        """
        self._check()
        wanted = written(pages)
        with self._files() as files:
            inputs = self._inputs(source, password, files)
            if len(inputs) != 1:
                raise UsageError(
                    f"{os.fspath(cast('str', source))!r} names {len(inputs)} files",
                    next_step="Read one at a time, or all: Reader.pages, or the command: ocroute read",
                )
            works = [Work(inputs[0])]
            (result,) = self._run(lambda session: documents(session, works, wanted, last=False))
        if result.error is not None:
            raise result.error
        return Document.of(result.document())

    def pages(
        self,
        inputs: Iterable[PageInput],
        *,
        ordered: bool = True,
        on_event: Callable[[Event], None] | None = None,
        pages: str | Iterable[int] | None = None,
        password: str | None = None,
    ) -> Iterator[Page]:
        """Read many inputs; their pages one by one, as they are done.

        Each page says where it is from: ``page.input_index`` (of its input among ``inputs``, from 0), ``page.source`` (its
        name) and ``page.number``. An input that cannot be opened is one failed page, and costs the others nothing.
        Page headers and footers are told by each page alone; those that only show over several pages, `read` finds.
        While the iterator is not at its end, this thread cannot read anything else here. ``close`` the iterator to stop early.

        Args:
            inputs: each as for `read`, or a folder or glob. Taken as they are needed.
            ordered: whether pages come in the order of the inputs, or each as soon as it is done.
            on_event: told what happens meanwhile (see `ocroute.events`), in the thread that asks for the pages. ``RunStarted``
                comes again whenever more inputs have been counted.
            pages: which pages of each input; all when None.
            password: of encrypted PDFs.

        Raises:
            EngineUnavailable: no engine, or not the one asked for, can run here.
            UsageError: an argument or an input makes no sense, or the reader cannot be used here and now. Of an input, or of
                what else ``inputs`` itself raises, this comes after the pages of all inputs before it.
        """
        self._check()
        if is_input(cast("object", inputs)) or not isinstance(inputs, Iterable):
            was = "one" if is_input(cast("object", inputs)) else type(inputs).__name__
            raise UsageError(
                f"pages() takes several inputs, and was given {was}", next_step="Give a list: reader.pages([one])"
            )
        return self._stream(enumerate(inputs), written(pages), password, ordered, on_event)

    def close(self) -> None:
        """Let the engines go and end all workers; a page that another thread is waiting for comes first."""
        if os.getpid() == self._process:
            with self._step:
                self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stream(
        self,
        given: Iterator[tuple[int, PageInput]],
        wanted: str | None,
        password: str | None,
        ordered: bool,
        on_event: Callable[[Event], None] | None,
    ) -> Iterator[Page]:
        together = _TOGETHER_NEURAL if self.neural else _TOGETHER
        error: Exception | None = None
        while error is None:
            with self._files() as files:
                works, error = self._taken(islice(given, together), password, files)
                if not works and error is None:
                    return
                run = self._run(partial(each_page, works=works, pages=wanted, ordered=ordered), on_event)
                with closing(run):
                    for _, page in run:
                        yield Page.of(page)
        raise error

    def _taken(
        self, given: Iterator[tuple[int, PageInput]], password: str | None, files: list[Path]
    ) -> tuple[list[Work], Exception | None]:
        """What is taken of a stream at once, and why it ends there: what came before such an end must not be lost with it."""
        works: list[Work] = []
        try:
            for index, one in given:
                works += self._works(one, index, password, files)
        except Exception as error:  # the caller's iterator may raise anything
            return works, error
        return works, None

    def _works(self, given: PageInput, index: int, password: str | None, files: list[Path]) -> list[Work]:
        """An input of a stream, which may name several files; with its error where it names none."""
        try:
            return [Work(one, index) for one in self._inputs(given, password, files)]
        except InputError as error:
            name = os.fsencode(cast("str", given)).decode(errors="replace") if is_path(given) else name_of(given)
            return [Work(Input(b"", name=name), index, error=error)]

    def _inputs(self, given: PageInput, password: str | None, files: list[Path]) -> list[Input]:
        """The files behind what was given; one that is made for it is noted in ``files``.

        Raises:
            InputError: it names nothing readable, or holds no page.
            UsageError: it is nothing that can be read.
        """
        if is_path(given):
            path = os.fspath(cast("str | os.PathLike[str]", given))
            found = expand([os.fsdecode(path)])
            for error in found.errors:
                raise error
            return [input_of(file, password, lambda: self._place(files)) for file in found.files]
        spool(given, self._place(files))
        return [Input(os.fsencode(files[-1]), password, name_of(given))]

    def _place(self, files: list[Path]) -> Path:
        """Where the next file is made; it is noted in ``files``."""
        files.append(self._scratch.place(f"{next(self._numbers)}.page"))
        return files[-1]

    @contextmanager
    def _files(self) -> Iterator[list[Path]]:
        """Files that are removed when they have been read."""
        files: list[Path] = []
        try:
            yield files
        finally:
            for file in files:
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _run(
        self, begin: Callable[[Session], Generator[_T, None, None]], on_event: Callable[[Event], None] | None = None
    ) -> Generator[_T, None, None]:
        """Make the steps of a reading, each while nobody closes the reader, when it is this reading's turn."""
        self._check()
        with self._turn:
            self._owner = threading.get_ident()
            steps = begin(self._session)
            try:
                while True:
                    with self._step, listening(on_event) if on_event else nullcontext():
                        self._check_open()
                        try:
                            step = next(steps)
                        except StopIteration:
                            return
                    yield step
            finally:
                with self._step:
                    steps.close()
                self._owner = 0

    def _check(self) -> None:
        """
        Raises:
            UsageError: it cannot be used by this process, any more, or now.
        """
        if os.getpid() != self._process:
            raise UsageError(
                "this Reader belongs to the process that this one was forked from",
                next_step="Make a Reader after the fork, in the process that uses it",
            )
        self._check_open()
        if self._owner == threading.get_ident():
            raise UsageError(
                "this Reader is in the middle of pages(), in this thread",
                next_step="Take all its pages first, or close() the iterator, or make a second Reader",
            )

    def _check_open(self) -> None:
        if not self._end.alive:
            raise UsageError("this Reader is closed", next_step="Make a new one")


def _end(session: Session, scratch: Scratch, process: int) -> None:
    if os.getpid() == process:  # a forked process must not end the workers of its parent
        session.close()
        scratch.remove()


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a reader, all of them.

    Raises:
        UsageError: one is of the wrong kind.
        TypeError: there is no such option.
    """
    values = filled(ReaderOptions, options)
    for name, one in declared(ReaderOptions).items():
        if isinstance(values[name], os.PathLike) and one.plain is str:
            values[name] = os.fspath(values[name])
        if isinstance(values[name], Iterable) and not isinstance(values[name], str) and one.takes_several:
            values[name] = tuple(values[name])
        if values[name] is not one.option.default and (wanted := one.wanted(values[name])):
            raise UsageError(f"{name}={values[name]!r} is not {wanted}", next_step=f"Give that, or leave {name} out")
    return values | {"languages": resolved(values["languages"])}
