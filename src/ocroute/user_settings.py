"""Settings of ``ocroute read`` that stay: from environment variables and from a file in TOML, for the options of
`ocroute.options`, by their names on the command line. What is typed comes first, then ``OCROUTE_*``, then the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocroute.errors import UsageError
from ocroute.options import CommandOptions, Declared, declared

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it is from.

    Attributes:
        key: its name in a settings file.
        value: as the option takes it on the command line, with commas where it takes several.
        origin: an environment variable, or a file.
        secret: whether it is not to be shown.
    """

    key: str
    value: Any
    origin: str
    secret: bool = False

    @property
    def shown(self) -> str:
        """Its value as text."""
        if self.secret:
            return "set, not shown"
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


def settable() -> dict[str, Declared]:
    """The options that can be set, by their names in a file: those of the command line without dashes before them."""
    return {one.flag.removeprefix("--"): one for one in declared(CommandOptions).values() if one.option.setting}


def variable(key: str) -> str:
    """The environment variable for a key of the file."""
    return f"OCROUTE_{key.replace('-', '_').upper()}"


CONFIG = variable("config")
"""The environment variable that names the settings file; an empty one is none."""


def default_file() -> Path:
    """The settings file where none is named; it need not be there."""
    from platformdirs import user_config_path

    return user_config_path("ocroute", appauthor=False) / "config.toml"


def settings_file(named: str | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file that is read: the one named, else that of the environment, else the user's, where it is there.

    Raises:
        UsageError: one is named that is not there.
    """
    given = environment.get(CONFIG) if named is None else named
    if given is None:
        own = default_file()
        return own if own.exists() else None
    if given and not Path(given).exists():
        whose = "--config" if named is not None else CONFIG
        raise UsageError(f"the settings file {given} of {whose} does not exist", next_step="Check the path")
    return Path(given) if given else None


def user_settings(named: str | None = None, environment: Mapping[str, str] = os.environ) -> dict[str, Setting]:
    """What is set, by the options' names in Python.

    Args:
        named: the settings file of ``--config``.
        environment: where ``OCROUTE_*`` are.

    Raises:
        UsageError: a file is damaged or not there, a key is not known, a value has the wrong type. It names where.
    """
    options, file = settable(), settings_file(named, environment)
    found = {} if file is None else from_file(file)
    for key, one in options.items():
        text = environment.get(variable(key), "")
        if text:
            value = _from_text(text, one, variable(key))
            found[one.name] = Setting(key, value, variable(key), one.option.secret)
    return found


def from_file(file: Path) -> dict[str, Setting]:
    """What a settings file sets, by the options' names in Python.

    Raises:
        UsageError: as `user_settings`.
    """
    import tomllib  # not above: help and errors come without it

    try:
        text = file.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"the settings file {file} cannot be read: {reason}", next_step="Check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the settings file {file} is no text in UTF-8", next_step="Save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        what = str(error).replace("at end of document", f"at line {len(text.splitlines())}, the last")
        raise UsageError(
            f"the settings file {file} is damaged: {what}",
            next_step='Mend it there; a line is written like: lang = ["ru", "en"]',
        ) from error
    options = settable()
    found = {}
    for given, value in values.items():
        key = given.replace("_", "-")
        where = f"{file}, line {_line(text, given)}"
        if key not in options:
            raise UsageError(f"{where}: there is no setting {given!r}", next_step=f"Choose from: {', '.join(options)}")
        one = options[key]
        found[one.name] = Setting(key, _checked(value, one, f"{where}: {given}"), os.fspath(file), one.option.secret)
    return found


def _line(text: str, key: str) -> int:
    """The line that sets ``key``, from 1."""
    sets = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if sets.match(line)), 1)


def _checked(value: Any, one: Declared, where: str) -> Any:
    """``value`` as the command line takes it."""
    if wanted := one.wanted(value):
        raise _wrong(where, value, wanted)
    return value if isinstance(value, str) or not one.takes_several else ",".join(value)


def _from_text(text: str, one: Declared, where: str) -> Any:
    """The value of an environment variable."""
    kind = one.plain
    if kind is bool:
        if text.lower() not in (*_YES, *_NO):
            raise _wrong(where, text, one.wanted(text))
        return text.lower() in _YES
    if kind in (int, float):
        try:
            return _checked(kind(text), one, where)
        except ValueError:
            raise _wrong(where, text, one.wanted(text)) from None
    return _checked(text, one, where)


def _wrong(where: str, value: Any, wanted: str) -> UsageError:
    return UsageError(f"{where} = {value!r} is not {wanted}", next_step="Set it to that, or leave it out")


@dataclass(frozen=True, slots=True)
class SettingsHere:
    """What is set, to be shown.

    Attributes:
        file: that is read, or would be if it were there.
        present: whether it is there.
        values: key to value and origin, as texts; secrets are left out.
        problem: what is wrong with them; nothing can be read until it is mended.
    """

    file: str
    present: bool
    values: dict[str, tuple[str, str]]
    problem: str = ""


def settings_here(named: str | None = None, environment: Mapping[str, str] = os.environ) -> SettingsHere:
    """What is set here, see `user_settings`; never raises for what is wrong with it."""
    file = Path(environment.get(CONFIG) or default_file() if named is None else named)
    try:
        found = user_settings(named, environment)
    except UsageError as error:
        return SettingsHere(os.fspath(file), file.exists(), {}, str(error))
    return SettingsHere(os.fspath(file), file.exists(), {one.key: (one.shown, one.origin) for one in found.values()})
