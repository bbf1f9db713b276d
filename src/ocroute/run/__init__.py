"""Many pages: worker processes and the in-process reference, page deadlines, resuming, and the writing of results."""

from ocroute.run.bringing import input_of
from ocroute.run.capacity import DEADLINE
from ocroute.run.documents import documents, each_page, read_documents
from ocroute.run.jobs import Input
from ocroute.run.results import InputResult, exit_code
from ocroute.run.session import Session, Work
from ocroute.run.target import Target, target_of

__all__ = [
    "DEADLINE",
    "Input",
    "InputResult",
    "Session",
    "Target",
    "Work",
    "documents",
    "each_page",
    "exit_code",
    "input_of",
    "read_documents",
    "target_of",
]
