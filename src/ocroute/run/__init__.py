"""Many pages: worker processes and the in-process reference, page deadlines, resuming, and the writing of results."""

from ocroute.run.capacity import DEADLINE
from ocroute.run.documents import read_documents
from ocroute.run.results import InputResult, exit_code

__all__ = ["DEADLINE", "InputResult", "exit_code", "read_documents"]
