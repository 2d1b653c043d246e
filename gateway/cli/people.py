"""
`ringback people`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail, say, table
from gateway.cli.stored import ask, read
from gateway.errors import EXIT_SETTINGS, NotFound

if TYPE_CHECKING:
    from gateway.store.rows import Link

app = typer.Typer(help="People: who they are, and what is kept of them.", no_args_is_help=True)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """List the people: roles, accounts, when they rest; linked accounts are those that are not in the settings file."""
    from gateway import settings

    linked: dict[str, list[dict[str, Any]]] = {}
    for link in _links(config, data):
        linked.setdefault(link.person, []).append({"identity": link.identity, "at": link.at, "by": link.by})
    loaded = settings.load(config, secrets=False)
    people = loaded.people
    if as_json:
        document([one.model_dump() | {"linked": linked.get(one.id, [])} for one in people])
        return
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "roles": ", ".join(one.roles),
            "identities": ", ".join(one.identities),
            "quiet": ", ".join(one.quiet),
            "away": ", ".join(one.away),
            "deputy": one.deputy,
            "linked": ", ".join(link["identity"] for link in linked.get(one.id, [])),
        }
        for one in people
    ]
    table(rows, ("id", "name", "roles", "identities", "quiet", "away", "deputy", "linked"), as_json)
    for account, groups in loaded.groups().items():
        for group, role in groups.items():
            say(f"Whoever of them is in {group} of {account} has the role {role} besides.")


@app.command("link")
def link(
    who: Annotated[str, typer.Argument(help="A person's id.")],
    identity: Annotated[str, typer.Argument(help="The account that is theirs, like slack:T024BE7LD/U7.")] = "",
    code: Annotated[
        bool, typer.Option("--code", help="Print a code that they write to the bot, in a direct message.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """Make an account somebody's: an account that you name, or the one that a one-time code is written from."""
    from agent_core import addresses
    from gateway import linking, settings
    from gateway.runtime import Runtime

    people = settings.load(config, secrets=False).directory()
    if who not in {person.id for person in people}:
        fail(f"there is no {who!r} in [[people]]; see: ringback people list", EXIT_SETTINGS)
    if bool(identity) == code:
        fail("name an account, like slack:T024BE7LD/U7, or ask for a code with --code", EXIT_SETTINGS)
    if code:
        made = linking.new_code(Runtime().token())
        ask(config, data, {"do": "offer", "person": who, "code": linking.digest(made)}, people)
        typer.echo(f"{who} writes this to the bot, in a direct message, within 15 minutes: link {made}")
        return
    try:
        addresses.parse(identity)
    except ValueError as error:
        fail(str(error), EXIT_SETTINGS)
    changed = ask(config, data, {"do": "link", "person": who, "identity": identity}, people)
    typer.echo(f"{identity} is {who}'s" + ("" if changed else " already"))


@app.command("unlink")
def unlink(
    identity: Annotated[str, typer.Argument(help="An account that was linked.")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """Make an account nobody's again. One that stands in the settings file is taken out there."""
    from gateway import settings

    people = settings.load(config, secrets=False).directory()
    if not ask(config, data, {"do": "unlink", "identity": identity}, people):
        fail(f"{identity} was not linked by a command or a code; see: ringback people list", 1)
    typer.echo(f"{identity} is nobody's now")


def _links(config: Path, data: Path | None) -> list[Link]:
    """Give the accounts that were linked; none where nothing is stored yet."""
    try:
        return read(config, data, lambda lists: lists.links())
    except NotFound:
        return []


@app.command("forget")
def forget(
    who: Annotated[str, typer.Argument(help="A person's id, or an account that is no person's.")],
    identity: Annotated[
        list[str] | None, typer.Option(help="Another account of theirs, of somebody who is in the file no more.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="Cancel runs that are rebuilt from these texts.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """
    Erase what somebody said: texts, payloads, models' contexts, for good.

    A run in which their words took part loses all of its texts. Ids, digests, outcomes and who decided stay. Backups
    that were made before hold everything still.
    """
    from gateway import settings

    people = {person.id: list(person.identities) for person in settings.load(config, secrets=False).people}
    for linked in _links(config, data):
        people.setdefault(linked.person, []).append(linked.identity)
    owners = {account: person for person, accounts in people.items() for account in accounts}
    if who in owners:
        fail(f"{who} is {owners[who]}'s; forget the person: ringback people forget {owners[who]}", EXIT_SETTINGS)
    known = people.get(who, [who] if ":" in who else [])
    identities = [*known, *(identity or [])]
    if not identities:
        example = f"ringback people forget {who} --identity slack:T024BE7LD/U7"
        fail(f"there is no {who!r} in [[people]], so name the accounts they had: {example}", EXIT_SETTINGS)
    if not yes:
        typer.confirm(f"What {who} said ({', '.join(identities)}) is erased for good. Go on?", abort=True)
    asked = {"do": "forget", "party": who, "identities": identities, "end": end}
    typer.echo(f"{who}: {ask(config, data, asked)} events have lost their texts")
