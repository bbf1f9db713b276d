"""Places that hold files under names: a folder of this machine, or a bucket and the like behind an address such as
``s3://bucket/folder``, through fsspec. What several machines share stands on two promises of every store: a file is seen whole or
not at all, and of those that create one name only one succeeds.
"""

from __future__ import annotations

import os
from pathlib import Path

from ocroute.errors import UsageError
from ocroute.stores.addresses import chained, local_path, scheme_of, shown
from ocroute.stores.folder_store import FolderStore
from ocroute.stores.remote_store import RemoteStore
from ocroute.stores.store import Store

__all__ = ["FolderStore", "RemoteStore", "Store", "chained", "local_path", "scheme_of", "shown", "store_at"]


def store_at(where: str | os.PathLike[str]) -> Store:
    """The store at a path or address.

    Raises:
        PackageMissing, UsageError: nothing here can talk to it.
    """
    name = os.fspath(where)
    if inner := chained(name):
        raise UsageError(f"{inner} stands behind another address", next_step="Name it alone")
    match scheme_of(name):
        case "":
            return FolderStore(Path(name).absolute())
        case "file":
            return FolderStore(Path(local_path(name)))
        case _:
            return RemoteStore(name)
