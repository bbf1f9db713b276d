"""Pages with a text that is known as examples to train a model on, and dots.ocr trained on them.

`export` makes examples, for the trainers of others too, and `check` looks for what would make a model worse; neither needs torch.
`train` teaches dots.ocr and writes an adapter, `judge` holds the model with the adapter against the model without it, and `merge`
makes one checkpoint of both.
"""

from ocroute.finetune.checking import Checked, check
from ocroute.finetune.exporting import Exported, export
from ocroute.finetune.judging import Judged, Judgement, judge
from ocroute.finetune.merging import Merged, merge
from ocroute.finetune.training import Trained, train
from ocroute.finetune.training_plan import TrainSettings

__all__ = [
    "Checked",
    "Exported",
    "Judged",
    "Judgement",
    "Merged",
    "TrainSettings",
    "Trained",
    "check",
    "export",
    "judge",
    "merge",
    "train",
]
