"""
`ringback people`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import fail, table
from gateway.cli.stored import ask
from gateway.errors import EXIT_SETTINGS

app = typer.Typer(help="People: who they are, and what is kept of them.", no_args_is_help=True)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """List the people, their roles and their accounts."""
    from gateway import settings

    people = settings.load(config).people
    rows = [
        {"id": one.id, "name": one.name, "roles": one.roles, "identities": one.identities, "timezone": one.timezone}
        for one in people
    ]
    shown = [row | {"roles": ", ".join(row["roles"]), "identities": ", ".join(row["identities"])} for row in rows]
    table(rows if as_json else shown, ("id", "name", "roles", "identities"), as_json)


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

    people = {person.id: person for person in settings.load(config).people}
    owners = {account: person.id for person in people.values() for account in person.identities}
    if who in owners:
        fail(f"{who} is {owners[who]}'s; forget the person: ringback people forget {owners[who]}", EXIT_SETTINGS)
    known = people[who].identities if who in people else [who] if ":" in who else []
    identities = [*known, *(identity or [])]
    if not identities:
        example = f"ringback people forget {who} --identity slack:T024BE7LD/U7"
        fail(f"there is no {who!r} in [[people]], so name the accounts they had: {example}", EXIT_SETTINGS)
    if not yes:
        typer.confirm(f"What {who} said ({', '.join(identities)}) is erased for good. Go on?", abort=True)
    asked = {"do": "forget", "party": who, "identities": identities, "end": end}
    typer.echo(f"{who}: {ask(config, data, asked)} events have lost their texts")
