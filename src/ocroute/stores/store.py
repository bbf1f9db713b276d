"""What every store can do."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Store(ABC):
    """Files under names, with ``/`` between the parts of a name. Errors are `OSError`, and name no credentials."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """What is in a file.

        Raises:
            FileNotFoundError: there is none.
            OSError: it cannot be read.
        """

    @abstractmethod
    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Put a file there, in place of one that is there.

        Args:
            name: of the file.
            data: all of it.
            durable: whether it must outlast a power cut.

        Raises:
            OSError: it cannot be written; one that was there is unchanged.
        """

    @abstractmethod
    def create(self, name: str, data: bytes) -> bool:
        """Put a file there if there is none; whether it was this call that did.

        Raises:
            OSError: it cannot be written.
        """

    @property
    def exclusive(self) -> bool:
        """Whether `create` keeps its promise here, so that of several machines one succeeds."""
        return True

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def names(self, below: str = "") -> list[str]:
        """All names that begin with the folder ``below``, in order; none where there is no such folder."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
