"""Every way into the service, found mechanically: routes, commands, readings, jobs, imports, bulk commands, acts, and
what listens to a broker.

One rule for the editor: a door is found by looking at what runs, never by a list kept by hand; the list kept by
hand is `table.DOORS`, and the two must agree.
"""

import ast
import typing
from collections.abc import Iterator

import click
from litestar import Litestar

from api.app import create_app
from api.cli import main as kitstore
from api.clock import Clock
from api.keys import CheckpointKey
from api.settings import Settings
from devices.readings import Reading
from firmware_bridge.cli import main as kit_bridge
from inventory.custody import hatch
from tests.house.source_tree import is_within, modules

FRAMEWORKS_OWN = {"OPTIONS", "HEAD"}


def every_door() -> set[str]:
    """The names of all doors, as `table.DOORS` writes them."""
    return {*routes(), *commands(), *readings(), *jobs(), *imports(), *bulk_kinds(), *acts(), *consumers()}


def the_app() -> Litestar:
    """The whole service, not started; nothing is opened."""
    return create_app(Settings(database="sqlite:////nowhere/kit.sqlite3", overlay="demo"))


def routes() -> Iterator[str]:
    """ "POST /api/v1/issues": every route of the application, asked of the application itself."""
    for route in the_app().routes:
        for each in getattr(route, "route_handlers", None) or [route.route_handler]:
            methods = set(getattr(each, "http_methods", None) or {type(each).__name__})
            yield from (f"{method} {route.path}" for method in methods - FRAMEWORKS_OWN)


def commands() -> Iterator[str]:
    """ "kitstore db backup": every command of both programs."""
    yield from _commands("kit-bridge", kit_bridge)
    yield from _commands("kitstore", kitstore)


def _commands(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in {*command.list_commands(context), *command.commands}:  # listed to be loaded, or added outright
            inner = command.get_command(context, each) or command.commands[each]
            yield from _commands(f"{name} {each}", inner)
    else:
        yield name


def readings() -> Iterator[str]:
    """ "reading code": everything a bridge can deliver."""
    yield from (f"reading {kind.__struct_config__.tag}" for kind in typing.get_args(Reading))


def jobs() -> Iterator[str]:
    """ "job idle-visits": everything the service does by the clock, checkpoints with their key included."""
    service = the_app().state["service"]
    yield from (f"job {each.name}" for each in Clock(service, CheckpointKey.__new__(CheckpointKey))._jobs)


def imports() -> Iterator[str]:
    """ "import people": every kind of file the kit store takes."""
    for module in modules():
        if module.name.startswith("inventory.people.imports."):
            defined = (n.name for n in module.tree.body if isinstance(n, ast.FunctionDef))
            yield from (f"import {name.removeprefix('import_')}" for name in defined if name.startswith("import_"))


def bulk_kinds() -> Iterator[str]:
    """ "bulk Issues": every kind of command that the writer runs many at a time (`api.batches.Kind`)."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and module.name != "api.batches" and _runs_payloads(node):
                yield f"bulk {node.name}"


def _runs_payloads(node: ast.ClassDef) -> bool:
    methods = {m.name: [a.arg for a in m.args.args] for m in node.body if isinstance(m, ast.FunctionDef)}
    return methods.get("run", [])[1:] == ["tx", "payloads"]


def acts() -> Iterator[str]:
    """ "act complete": every act of the hatch."""
    yield from (f"act {name}" for name in hatch.__all__ if name[0].islower())


def consumers() -> Iterator[str]:
    """ "consumer api.mqtt_ingest": every module of the service that subscribes to a broker."""
    for module in modules():
        if is_within(module.name, "api"):
            calls = (n for n in ast.walk(module.tree) if isinstance(n, ast.Attribute) and n.attr == "subscribe")
            yield from {f"consumer {module.name}" for _ in calls}
