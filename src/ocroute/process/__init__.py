"""One supervised process, for page workers, kernel probes, builds and outside programs. Nothing outlives who started it.

done = run(["tesseract", "--version"], seconds=20)      # an outside program, from its start to its end
child = Child("ocroute.run.worker", Decoder(Message))   # a Python process that messages go to and come from
"""

from ocroute.process.messages import Child, Inbox, Parent, StepClock, end_child, run_as_child
from ocroute.process.platform_choice import run, start, system
from ocroute.process.process_tree import ProcessTree, exit_in_words

__all__ = [
    "Child",
    "Inbox",
    "Parent",
    "ProcessTree",
    "StepClock",
    "end_child",
    "exit_in_words",
    "run",
    "run_as_child",
    "start",
    "system",
]
