"""
The command line. Heavy parts are imported by the command that needs them, so that `--help` is quick.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from gateway.errors import EXIT_BROKEN, EXIT_SETTINGS, Broken, GatewayError, Locked, NotFound, SettingsError, TooNew

if TYPE_CHECKING:
    from gateway.store.base import Lists

T = TypeVar("T")

app = typer.Typer(
    name="ringback",
    help="A human-in-the-loop gateway: agents ask people where they are, and wait durably for the answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="The settings file.", no_args_is_help=True)
threads_app = typer.Typer(help="Threads: what agents are at.", no_args_is_help=True)
requests_app = typer.Typer(help="Requests: what people are asked.", no_args_is_help=True)
deliveries_app = typer.Typer(help="Deliveries: what goes out.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(threads_app, name="threads")
app.add_typer(requests_app, name="requests")
app.add_typer(deliveries_app, name="deliveries")

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder, instead of the one in the file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Status = Annotated[str | None, typer.Option("--status", help="Only those that are so.")]
SANDBOX = ("websockets", "slack_bolt", "aiohttp")  # what its emulators and the gateway behind them need
DEFAULT_CONFIG = Path("ringback.toml")


def main() -> None:
    """Run, and say in one line what went wrong."""
    sys.path.insert(0, "")  # agents live in the folder where this is started
    try:
        app()
    except (SettingsError, Locked, TooNew) as error:
        _fail(str(error), EXIT_SETTINGS)
    except Broken as error:
        _fail(str(error), EXIT_BROKEN)
    except GatewayError as error:
        _fail(str(error), 1)


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"ringback: {message}\n")
    sys.exit(code)


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="The address to answer on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to answer on.", min=0, max=65_535)] = None,
) -> None:
    """Run the gateway."""
    from gateway import bootstrap, settings, telemetry

    loaded = settings.load(config, server={"data": data, "host": host, "port": port})
    telemetry.configure(loaded.log.level, bootstrap.secrets(loaded))
    service = bootstrap.build(loaded, str(config))
    asyncio.run(until_signal(service.run))


async def until_signal(run: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(stop)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The page's port.", min=1, max=65_535)] = 8700,
    data: Annotated[Path, typer.Option(help="Where the sandbox keeps everything.")] = Path("data/sandbox"),
    endpoints: Annotated[bool, typer.Option(help="Print the emulators' addresses and tokens, and end.")] = False,
    emulators_only: Annotated[bool, typer.Option(help="Run the emulators without the gateway.")] = False,
) -> None:
    """Try everything on this machine: emulated channels, people to play, and a real gateway. No account, no network."""
    missing = [library for library in SANDBOX if find_spec(library) is None]
    if missing:
        remedy = f"a library is missing ({', '.join(missing)}); install it with: pip install 'ringback[sandbox]'"
        raise SettingsError("sandbox", "pip", remedy)
    from gateway.sandbox import main as sandbox_main

    if endpoints:
        _print(sandbox_main.endpoints(data))
        return
    asyncio.run(until_signal(lambda stop: sandbox_main.run(stop, port=port, data=data, gateway=not emulators_only)))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("ringback"))


# Settings ------------------------------------------------------------------------------------------------------------


@config_app.command("example")
def config_example() -> None:
    """Print a commented settings file."""
    from gateway.settings_example import example

    typer.echo(example())


@config_app.command("check")
def config_check(config: Config = DEFAULT_CONFIG) -> None:
    """Say what is missing or wrong, without starting anything."""
    from gateway import bootstrap, settings

    loaded = settings.load(config)
    bootstrap.build(loaded, str(config))
    typer.echo(f"{config}: {len(loaded.agents)} agents, {len(loaded.people)} people, {len(loaded.policy)} rules: fine")


# What is stored ------------------------------------------------------------------------------------------------------


@threads_app.command("list")
def threads_list(
    config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False
) -> None:
    """List threads, the newest first."""
    rows = _read(config, data, lambda lists: lists.threads(status=status))
    columns = ("id", "status", "note", "agent", "version", "branch", "conversation", "updated_at")
    _table([row._asdict() for row in rows], columns, as_json)


@threads_app.command("show")
def threads_show(thread: str, config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """Show a thread's log. A beginning of its id is enough."""
    from agent_core import events

    row = _read(config, data, lambda lists: lists.thread(thread))
    records = _read(config, data, lambda lists: lists.log(row.id))
    if as_json:
        told = [{"seq": r.seq, "at": r.at, "event": json.loads(events.encode(r.event))} for r in records]
        _print({"thread": row._asdict(), "log": told})
        return
    typer.echo(f"{row.id}  {row.agent} {row.version}, {row.branch}: {row.status} {row.note}\n")
    for record in records:
        body = json.loads(events.encode(record.event))
        said = {name: value for name, value in body.items() if name not in ("type", "thread", "run", "carry", "raw")}
        typer.echo(f"{record.seq:>5}  {_time(record.at)}  {body['type']}  {json.dumps(said, ensure_ascii=False)}")


@threads_app.command("resume")
def threads_resume(
    thread: str,
    choice: Annotated[str, typer.Argument(help="restart, fork, attach, cancel, go-on or ask-again")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    branch: Annotated[str, typer.Option(help="For fork: the name of the branch.")] = "",
) -> None:
    """Say how a thread goes on. Whoever may write the data folder has the owner's say here."""
    from agent_core import addresses, events

    known = ("restart", "fork", "attach", "cancel", "go-on", "ask-again")
    if choice not in known:
        _fail(f"{choice!r} is no choice; write one of {', '.join(known)}", EXIT_SETTINGS)
    row = _read(config, data, lambda lists: lists.thread(thread))
    refusal = _refusal(choice, row.status, row.note, row.branch, branch)
    if choice == "fork" and branch and not refusal:
        with suppress(NotFound):
            fork = addresses.thread_id(row.conversation, row.root, row.agent, branch)
            _read(config, data, lambda lists: lists.thread(fork))
            refusal = f"has a fork {branch} already; give the new one another name"
    if refusal:
        _fail(f"{row.id} {refusal}", 1)
    acted = events.OperatorActed.model_validate(
        {"thread": row.id, "choice": choice.replace("-", "_"), "by": "the command line", "note": branch}
    )
    _ask(config, data, {"do": "act", "conversation": row.conversation, "acted": acted.model_dump(mode="json")})
    typer.echo(f"{row.id}: {choice}")


def _refusal(choice: str, status: str, note: str, branch: str, new: str) -> str:
    if choice in ("go-on", "ask-again") and status != "parked":
        return f"is {status}, not parked; nothing waits for that"
    if choice in ("go-on", "ask-again") and note == "diverged":
        return "has other code than its log; choose restart, fork or cancel"
    if choice in ("restart", "cancel") and status == "ended":
        return "has ended; write to the agent to start it again"
    if choice == "fork" and branch != "main":
        return "is a fork itself; fork the thread that it came from"
    if choice == "fork" and new == "main":
        return "is the branch main already; give the fork another name"
    if choice == "attach" and branch == "main":
        return "is no fork; there is nothing to attach"
    return ""


@requests_app.command("list")
def requests_list(
    config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False
) -> None:
    """List requests, those that are open first, the next due at their head."""
    rows = _read(config, data, lambda lists: lists.requests(status=status))
    _table([row.model_dump(mode="json") for row in rows], ("id", "status", "title", "home", "due"), as_json)


@deliveries_app.command("list")
def deliveries_list(
    config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False
) -> None:
    """List deliveries, the newest first."""
    rows = [row._asdict() for row in _read(config, data, lambda lists: lists.deliveries(status=status))]
    told = [row | {"receipt": row["receipt"].model_dump() if row["receipt"] else None} for row in rows]
    _table(told, ("id", "status", "kind", "conversation", "attempts", "due", "reason"), as_json)


@deliveries_app.command("retry")
def deliveries_retry(delivery: str, config: Config = DEFAULT_CONFIG, data: Data = None) -> None:
    """Take up a dead or unknown delivery again. An unknown one may reach its reader twice."""
    if not _ask(config, data, {"do": "retry", "delivery": delivery}):
        _fail(f"{delivery} is not a delivery that can be taken up again; see: ringback deliveries list", 1)
    typer.echo(f"{delivery}: taken up again")


def _folder(config: Path, data: Path | None) -> Path:
    from gateway import settings

    return data if data is not None else settings.load(config).server.data


def _read(config: Path, data: Path | None, what: Callable[[Lists], Awaitable[T]]) -> T:
    from gateway import bootstrap

    async def read() -> T:
        async with bootstrap.lists(_folder(config, data)) as lists:
            return await what(lists)

    return asyncio.run(read())


def _ask(config: Path, data: Path | None, asked: dict[str, Any]) -> bool:
    """Ask the running gateway; where none runs, write into its store."""
    from gateway import bootstrap, control

    async def ask() -> bool:
        folder = _folder(config, data)
        answer = await control.ask(folder, asked)
        if answer is None:
            async with bootstrap.store(folder) as store:
                return await control.carry_out(store, asked)
        if "error" in answer:
            raise GatewayError(answer["error"])
        return bool(answer["done"])

    return asyncio.run(ask())


def _table(rows: list[dict[str, Any]], columns: Iterable[str], as_json: bool) -> None:
    if as_json:
        _print(rows)
        return
    shown = [{name: _cell(name, row.get(name)) for name in columns} for row in rows]
    widths = {name: max([len(name), *(len(row[name]) for row in shown)]) for name in columns}
    for row in ({name: name for name in widths}, *shown):
        typer.echo("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())


def _cell(name: str, value: Any) -> str:
    if name in ("due", "updated_at") and value:
        return _time(value)
    return "" if value is None else str(value).partition("\n")[0]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
