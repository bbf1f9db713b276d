"""What an engine says of its model, and what is known of it before it is loaded."""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.engines.base import Availability, EngineInfo, Task, Wanted
from ocroute.engines.neural import availability, devices, fetching, loading, markdown_blocks, weights
from ocroute.engines.neural.model_facts import Answered, Facts, Mode, Prepared
from ocroute.errors import UsageError
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image


class DescribedModel(ABC):
    """A vision-language model as the module of its engine describes it.

    A subclass gives `info` and `facts`, says how an image and a prompt become the model's inputs (`prepare`) and, where its
    answers are not plain text or Markdown, how they become blocks (`blocks`).
    """

    info: ClassVar[EngineInfo]
    facts: ClassVar[Facts]

    @abstractmethod
    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The model's inputs for an RGB ``image`` of which it may see at most ``pixels`` pixels."""

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """The blocks in an answer, in reading order, boxes in page pixels. Pure: answers of a server are read by it too."""
        return markdown_blocks.blocks(answer)

    @staticmethod
    def cut(answer: Answered) -> str:
        """How an answer breaks off, see `Reading`; for models that are asked for a form that must be closed."""
        return markdown_blocks.cut(answer)

    @staticmethod
    def adjust(config: dict[str, Any]) -> dict[str, Any]:
        """The checkpoint's config.json as the model class wants it; as it is, unless an engine knows better."""
        return config

    @classmethod
    def model_class(cls) -> Any:
        """The class of the model."""
        import transformers

        return getattr(transformers, cls.facts.model_class)

    def load(self, folder: Path, where: devices.Place) -> loading.Loaded:
        """Load the model; for engines whose model is not one of transformers' own."""
        return loading.load(self.facts, folder, where, adjust=self.adjust)

    def on_meta_device(self, folder: Path, where: devices.Place) -> loading.Loaded:
        """As `load`, without contents."""
        return loading.on_meta_device(self.facts, folder, where, adjust=self.adjust)

    def see(self, model: Any, inputs: dict[str, Any]) -> None:
        """Run the vision part of ``model`` on the inputs that `prepare` made, those of the text left out."""
        wanted = signature(model.get_image_features).parameters
        model.get_image_features(**{name: value for name, value in inputs.items() if name in wanted})

    @classmethod
    def probe(cls) -> Availability:
        """Whether packages and weights are here. Imports neither torch nor transformers."""
        return cls.probe_for(Wanted())

    @classmethod
    def probe_for(cls, wanted: Wanted) -> Availability:
        """As `probe`, for the weights that ``wanted`` names; a hub id that is not here yet counts: it will be fetched."""
        return availability.availability(cls.facts, wanted.model, wanted.runtime, wanted.adapter)

    @classmethod
    def fetches(cls, wanted: Wanted) -> bool:
        """Whether ``wanted`` names weights that are to be fetched first, by `fetch`; loading never fetches any."""
        return weights.to_fetch(cls.facts, wanted.model)

    @classmethod
    def fetch(cls, wanted: Wanted) -> None:
        """Fetch the weights that ``wanted`` names. Emits how far it is, see `fetching.fetch`.

        Raises:
            EngineUnavailable: they cannot be had.
        """
        fetching.fetch(cls.facts, wanted.model)

    @classmethod
    def prepare_process(cls) -> None:
        """Import what loading will need, for which there is no weight to wait for. To be called in a process of our own only."""
        gc.disable()  # what is imported is never garbage: looking for some takes a tenth of the time
        try:
            devices.warm_up()  # beside the imports
            loading.without_distributed()

            from ocroute.engines.neural import together  # noqa: F401 - and with it all that writes

            cls.model_class()
            gc.freeze()  # nor is it looked through when pages are read
        finally:
            gc.enable()

    def mode_of(self, task: Task) -> str:
        """The name of the mode that the task asks for.

        Raises:
            UsageError: the model has no such mode.
        """
        modes = self.facts.modes
        if task.mode and task.mode not in modes:
            raise UsageError(
                f"{self.facts.name} knows no task {task.mode!r}", next_step=f"Choose from: {', '.join(modes)}"
            )
        return task.mode or self.facts.default_mode
