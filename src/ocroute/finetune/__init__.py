"""Pages with a text that is known as examples to train a model on: written for the trainers of others, and checked.

`export` makes them, `check` looks for what would make a model worse. Neither needs torch or a GPU.
"""

from ocroute.finetune.checking import Checked, check
from ocroute.finetune.exporting import Exported, export

__all__ = ["Checked", "Exported", "check", "export"]
