"""
`/v1/grants`: the standing grants that settle a client's requests, listed and ended.

They are given by people, on the cards of these requests. A client may end them: from then on people are asked again.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from agent_core import addresses, facts
from agent_core.grants import Grant
from gateway import clients
from gateway.api.problems import Problem, answers
from gateway.api.routes import Reader, Writer
from gateway.api.views import moment
from gateway.directory import Directory
from gateway.runtime import Runtime
from gateway.sections import ClientSettings
from gateway.store.base import Fact, Store

RULING = 10.0  # seconds that a write waits for what the owner makes of it


class GrantOut(BaseModel):
    """A standing grant."""

    id: str = Field(description="The id of the request with whose approval it was given.")
    client: str = Field(description="Whose calls it covers.")
    tool: str
    alike: list[str] = Field(description="The arguments that have to be equal in these calls; empty: all of them.")
    by: str = Field(description="Who gave it, by id.")
    name: str = Field(description="Their name.")
    scope: str = Field(description="For how long, as the rule writes it: `1h`, `until_revoked`.")
    at: datetime
    until: datetime | None = Field(description="When it is over; null where no time ends it.")
    uses: int = Field(description="How many calls it covers at most.")
    used: int = Field(description="How many it has covered.")


class GrantsOut(BaseModel):
    """The standing grants that count, the oldest first."""

    grants: list[GrantOut]


class Grants:
    """What clients may do with standing grants."""

    def __init__(self, store: Store, directory: Directory, runtime: Runtime) -> None:
        self._store, self._directory, self._runtime = store, directory, runtime

    async def listed(self, client: ClientSettings) -> GrantsOut:
        """List those that cover a client's calls; with the scope requests:all, those of every client's."""
        return GrantsOut(grants=[self._shown(one) for one in await self._visible(client, others=True)])

    async def revoke(self, client: ClientSettings, name: str) -> tuple[int, GrantOut]:
        """
        End one that covers a client's own calls.

        Returns:
            200 and the grant, as it last stood; 202 where that is stored and not decided yet.

        Raises:
            Problem: There is none.
        """
        grant = next((one for one in await self._visible(client, others=False) if one.id == name), None)
        if grant is None:
            raise Problem(404, "not-found", "there is no standing grant of this id, or not any more")
        acted = facts.OperatorActed(thread=grant.thread, choice="revoke", by=client.name, note=grant.id)
        await self._store.append(Fact(grant.home, acted, ()))
        try:
            await self._runtime.limit(self._gone(grant), RULING)
        except TimeoutError:
            return 202, self._shown(grant)
        return 200, self._shown(grant)

    async def _gone(self, grant: Grant) -> None:
        seen = 0
        while any(one.id == grant.id for one in await self._store.grants()):
            seen = await self._store.watch(grant.home, seen)

    async def _visible(self, client: ClientSettings, *, others: bool) -> list[Grant]:
        whose = clients.CHANNEL
        if not (others and "requests:all" in client.scopes):
            whose = f"{clients.CHANNEL}:{client.name}"
        now = self._store.now()
        known = [one for one in await self._store.grants() if addresses.covers(whose, one.home)]
        return [one for one in known if one.until is None or now < one.until]

    def _shown(self, grant: Grant) -> GrantOut:
        return GrantOut(
            id=grant.id,
            client=addresses.parse(grant.home).account,
            tool=grant.tool,
            alike=list(grant.alike),
            by=grant.party,
            name=self._directory.name(grant.party),
            scope=grant.scope.name,
            at=moment(grant.at),
            until=moment(grant.until) if grant.until is not None else None,
            uses=grant.uses,
            used=grant.used,
        )


def install(app: FastAPI, grants: Grants) -> None:
    """Put the addresses into an application."""

    @app.get("/grants", operation_id="listGrants", responses=answers())
    async def listed(reader: Reader) -> GrantsOut:
        """List the standing grants that settle your requests."""
        return await grants.listed(reader)

    @app.delete(
        "/grants/{id}",
        operation_id="revokeGrant",
        responses={
            **answers(404),
            202: {"model": GrantOut, "description": "It is stored that you want that, and not decided on yet."},
        },
    )
    async def revoke(client: Writer, id: str, response: Response) -> GrantOut:  # noqa: A002
        """End a standing grant: people are asked about your next call again."""
        response.status_code, shown = await grants.revoke(client, id)
        return shown
