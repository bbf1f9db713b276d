"""One door for engines, checks, exporters (and kernels): entry points.

A row is a line ``name = "module:Class"`` under an entry-point group. Ours stand in pyproject.toml; an outside package puts
its own in its own. Nothing is imported until a row is loaded. Two rows of one name are an error that names both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ocroute.errors import PluginError, UsageError


@dataclass(frozen=True, slots=True)
class Row:
    """One registered thing, not yet imported."""

    name: str
    target: str
    distribution: str
    entry_point: EntryPoint

    @property
    def builtin(self) -> bool:
        """Whether the row is one of ocroute's own."""
        return self.distribution == "ocroute"


class Registry(Mapping[str, Row]):
    """The rows of one entry-point group, in alphabetical order.

    Args:
        group: e.g. ``"ocroute.engines"``.
        required: attributes that a loaded class must have; checked when it is loaded, not when it first runs.
    """

    def __init__(self, group: str, *, required: tuple[str, ...]) -> None:
        self.group = group
        self.required = required
        self._loaded: dict[str, type[Any]] = {}

    def __getitem__(self, name: str) -> Row:
        return _rows(self.group)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_rows(self.group))

    def __len__(self) -> int:
        return len(_rows(self.group))

    def load(self, name: str) -> type[Any]:
        """Import the class of row ``name``.

        Raises:
            UsageError: there is no such row.
            PluginError: the module cannot be imported, or the class has not the shape of its contract.
        """
        if name not in self:
            kind = self.group.removeprefix("ocroute.").rstrip("s")
            raise UsageError(f"there is no {kind} named {name!r}", next_step=f"Choose from: {', '.join(self)}")
        if name not in self._loaded:
            self._loaded[name] = self._bind(self[name])
        return self._loaded[name]

    def _bind(self, row: Row) -> type[Any]:
        try:
            loaded = row.entry_point.load()
        except Exception as error:  # whatever a plugin's module raises while it is imported
            raise PluginError(
                f"{row.name} ({row.target} from {row.distribution}) cannot be imported: {type(error).__name__}: {error}",
                next_step=f"Reinstall or remove {row.distribution}",
            ) from error
        missing = [attribute for attribute in self.required if not hasattr(loaded, attribute)]
        if not isinstance(loaded, type) or missing:
            raise PluginError(
                f"{row.name} ({row.target} from {row.distribution}) does not fit {self.group}: it lacks {', '.join(missing)}"
                if missing
                else f"{row.name} ({row.target} from {row.distribution}) is not a class",
                next_step="See docs/plugins.md",
            )
        return loaded


def look_again() -> None:
    """Forget what was found: there may be other packages now."""
    _rows.cache_clear()
    _points.cache_clear()


@cache
def _points() -> Any:
    """Of all groups, since all packages have to be looked through for one. What it is differs between Pythons; it selects."""
    return entry_points()


@cache
def _rows(group: str) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    names: dict[object, str] = {}  # of a distribution: each asking parses its metadata
    for point in sorted(_points().select(group=group), key=lambda point: point.name):
        if point.dist not in names:
            names[point.dist] = point.dist.name if point.dist else "unknown"
        distribution = names[point.dist]
        row = Row(point.name, point.value, distribution, point)
        other = rows.get(point.name)
        if other is not None and (other.target, other.distribution) != (row.target, row.distribution):
            raise PluginError(
                f"two packages register {point.name!r} under {group}: "
                f"{other.target} from {other.distribution} and {row.target} from {row.distribution}",
                next_step=f"Uninstall one of {other.distribution} and {row.distribution}",
            )
        rows[point.name] = row
    return rows
