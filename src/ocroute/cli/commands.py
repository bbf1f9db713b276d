"""What commands share: the options that they declare, spellings of earlier versions, help that names what is registered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ocroute.errors import UsageError
from ocroute.options import CommandOptions, Declared, declared

OLD = {one.option.old: one.flag for one in declared(CommandOptions).values() if one.option.old}
"""Spelling of an earlier version to today's."""


_SET = "ocroute.settings"


class Command(TyperCommand):
    """A command that knows old spellings and the user's settings, and whose help names what is registered, looked up when it is
    shown.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take an old spelling for today's, before ``--``, and the user's settings for what is not typed."""
        end = args.index("--") if "--" in args else len(args)
        typed = [OLD.get(arg, arg) for arg in args[:end]]
        if any(one.name == "config" for one in self.params) and not ctx.resilient_parsing and not _asks_for_help(typed):
            from ocroute.user_settings import user_settings

            ctx.meta[_SET] = user_settings(_config(typed))
            ctx.default_map = {name: one.value for name, one in ctx.meta[_SET].items()}
        rest = super().parse_args(ctx, typed + args[end:])
        if {"out", "formats"} <= set(ctx.params) and not ctx.resilient_parsing:
            _suffix_first(ctx)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run it. Where it cannot do what it is asked to, what was not typed but set may be the reason."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            told = [
                f"{one.key} from {one.origin}"
                for name, one in ctx.meta.get(_SET, {}).items()
                if ctx.get_parameter_source(name).name == "DEFAULT_MAP"
            ]
            if not told:
                raise
            message = f"{error.message} (settings: {', '.join(told)})"
            raise UsageError(message, next_step=error.next_step) from error

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Fill in the names."""
        for parameter in self.params:
            told = getattr(parameter, "help", None)
            if told and "{" in told:
                vars(parameter)["help"] = told.format_map(_Registered())
        super().format_options(ctx, formatter)


def _suffix_first(ctx: Any) -> None:
    """The suffix of a file that is typed goes before a format that is only set."""
    formats, out = (ctx.get_parameter_source(name).name for name in ("formats", "out"))
    if (formats, out) == ("DEFAULT_MAP", "COMMANDLINE"):
        from ocroute.run.target import names_file

        if names_file(ctx.params["out"]):
            ctx.params["formats"] = ""


def _asks_for_help(typed: list[str]) -> bool:
    return "--help" in typed or "-h" in typed


def _config(typed: list[str]) -> str | None:
    """The settings file that is typed: what it sets must be known before all is parsed."""
    found = None
    for place, arg in enumerate(typed):
        if arg == "--config" and place + 1 < len(typed):
            found = typed[place + 1]
        elif arg.startswith("--config="):
            found = arg.partition("=")[2]
    return found


class _Registered(dict[str, str]):
    """Names of a registry or of recipes, with commas; the key says of which."""

    def __missing__(self, key: str) -> str:
        if key == "recipes":
            from ocroute.kernels.build.recipes import book

            return ", ".join(book().recipes)
        if key == "formats":
            from ocroute.document.formats import format_names

            return ", ".join(format_names())
        from ocroute.registry import Registry

        return ", ".join(Registry(f"ocroute.{key}", required=()))


def takes(group: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a group; it gets them as keywords, with the types that Python has."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        options = declared(group)

        @wraps(command)
        def run(**given: Any) -> None:
            for name, one in options.items():
                given[name] = split(given[name]) if one.takes_several else given[name]
            command(**given)

        parameters = [*own, *map(_parameter, options.values())]
        vars(run)["__signature__"] = signature.replace(parameters=parameters)
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate


def _parameter(one: Declared) -> inspect.Parameter:
    """The option as typer takes it."""
    names = [name for name in (one.option.short, one.flag) if name]
    told = typer.Option(
        *names, help=one.option.help, metavar=one.option.metavar, min=one.option.least, autocompletion=_completion(one)
    )
    default = ",".join(one.command_default) if one.takes_several else one.command_default
    kind = str if one.takes_several else one.kind
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, told]
    )


def _completion(one: Declared) -> Callable[[str], list[str]] | None:
    """What a shell offers for an option's value; for several, that are typed with commas, for the last. None: files."""
    if not one.option.names:
        return None

    def offered(incomplete: str) -> list[str]:
        if one.option.names == "languages":
            from ocroute.languages import LANGUAGES

            names = [*LANGUAGES]
        else:
            from ocroute.registry import Registry

            names = [*Registry(f"ocroute.{one.option.names}", required=())]
        before, comma, begun = incomplete.rpartition(",") if one.takes_several else ("", "", incomplete)
        return [before + comma + name for name in names if name.startswith(begun)]

    return offered


def split(value: str) -> Sequence[str]:
    """The parts of an option that takes several with commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())
