"""
`/v1/requests`: what people are to be asked, put in, looked at, waited for and withdrawn by clients.

Nothing is decided here. A client's wish is appended to its home's log, and the answer tells what the owner made of it;
where the owner is slow, that it has come in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Literal

from adapters.base import Duplicate
from agent_core import addresses, events, facts, log, tools
from agent_core.addresses import ConversationKey, Party
from agent_core.errors import InvalidArguments
from agent_core.masking import masked
from agent_core.requests import Earlier, Kind, Outcome, Where, Who
from agent_core.wanted import OutsideCall
from gateway import clients, durations, receivers
from gateway.admission import Admission
from gateway.api import earlier
from gateway.api.problems import RETRY, Problem
from gateway.api.values import RequestIn
from gateway.api.views import Page, RequestOut, view
from gateway.api.waits import Waits
from gateway.clients import Asked
from gateway.directory import Directory
from gateway.errors import GatewayError, NotFound
from gateway.runtime import Runtime
from gateway.sections import ClientSettings
from gateway.store.base import Fact, Store
from gateway.store.rows import ClientRow

if TYPE_CHECKING:
    from gateway.evidence import Evidence  # only what is configured is imported

RULING = 10.0  # seconds that a write waits for what the owner makes of it
LONGEST_WAIT = 60  # seconds of a long poll
HEARTBEAT = 15.0  # seconds after which a stream that has nothing to tell says that it is there
KEPT = "Under this key it stays refused; once that is changed, ask with another one."

Scope = Literal["requests:read", "requests:write", "requests:all"]


class Requests:
    """What clients may do with requests."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        admission: Admission,
        runtime: Runtime,
        evidence: Evidence | None = None,
    ) -> None:
        self._store, self._directory, self._admission, self._runtime = store, directory, admission, runtime
        self._evidence = evidence
        self._waits = Waits()

    # Writing ---------------------------------------------------------------------------------------------------------

    async def create(self, client: ClientSettings, key: str, body: RequestIn) -> tuple[int, RequestOut]:
        """
        Have people asked, unless that key was used before.

        Returns:
            201 and the request; 200 where it was there already; 202 where nothing is decided on it yet.

        Raises:
            Problem: It cannot be asked, or the key was used to ask something else.
        """
        try:
            home = clients.conversation(client.name, key)
        except GatewayError as error:
            raise Problem(400, "no-key", f"Idempotency-Key: {error}") from None
        known = await self._store.client_request(home)
        if known is None:
            wanted = self._wanted(client, body, await earlier.find(self._store, client, body))
            fact = Fact(home, wanted, (), request=clients.request_id(home, wanted))
            if self._admission.full(once=False):
                self._admission.refused()
                detail = "more comes in than can be taken just now; please send this again, with its key"
                raise Problem(503, "unavailable", detail, headers={"Retry-After": RETRY})
            with self._admission.storing():
                status = 200 if isinstance(await self._store.append(fact), Duplicate) else 201
        else:
            status = 200
        asked = await self._until(home, lambda asked: asked.ruled)
        if asked.wanted is not None and asked.wanted.fingerprint != _fingerprint(body):
            detail = f"the key {key!r} was used to ask something else; give this request another key"
            raise Problem(422, "other-body", detail)
        if asked.forbidden:
            raise Problem(403, "policy", asked.refused)
        if asked.refused:
            raise Problem(422, "nobody-to-ask", f"{asked.refused.rstrip('.')}. {KEPT}")
        row = await self._store.client_request(home)
        assert row is not None  # noqa: S101  # it is there since the append
        return status if asked.ruled else 202, await self._view(client, row, asked)

    def _wanted(self, client: ClientSettings, body: RequestIn, before: Earlier | None) -> facts.RequestReceived:
        """
        Say what a client wants as an event, in which no secret stands.

        Raises:
            Problem: It names somebody who cannot be asked, or arguments that are not there.
        """
        directory = self._directory
        requester = Party(body.requester) if body.requester is not None else None
        if requester is not None and directory.of(requester) is None:
            raise Problem(422, "nobody", f"there is no {requester!r} in [[people]]; `requester` is a person's id")
        try:
            who, where = clients.addressees(directory, body.to)
            otherwise, there = clients.addressees(directory, client.to)
            shown = masked(body.arguments, body.sensitive)
        except (GatewayError, InvalidArguments) as error:
            raise Problem(422, "invalid", str(error)) from None
        if not clients.may_ask(directory, client.ask, who):
            named = ", ".join(client.ask) or "nobody"
            raise Problem(403, "not-yours-to-ask", f"you may only ask: {named}; leave `to` empty to ask as configured")
        if body.callback:
            try:
                receivers.check(body.callback, inside=client.inside)
            except ValueError as error:
                raise Problem(422, "invalid", f"callback: {error}") from None
            if client.webhook_secret is None:
                raise Problem(422, "invalid", "callback: you have no `webhook_secret` that it could be signed with")
        if body.at:
            where = self._places(client, body.at)
        terms = {"quorum": body.quorum, "exclude_requester": body.exclude_requester}
        call = None
        if body.tool is not None:
            whole = {"tool": body.tool, "version": body.tool_version, "arguments": body.arguments}
            call = OutsideCall(
                agent=f"{clients.CHANNEL}:{client.name}",
                tool=body.tool,
                version=body.tool_version,
                arguments=shown,
                digest=tools.digest(whole),
                editable=body.editable,
                otherwise=otherwise.model_copy(update=terms),
            )
        elif not body.to:
            who, where = otherwise, where if body.at else there
        who = who.model_copy(update=terms) if who != Who() else who
        return facts.RequestReceived(
            kind=Kind(body.kind),
            title=body.title,
            body=body.body,
            why=body.why,
            urgency=body.urgency,
            call=call,
            choices=body.picks,
            answer_schema=body.answer_schema,
            state=body.state,
            callback=body.callback or client.webhook or "",
            fingerprint=body.fingerprint,
            earlier=before,
            who=who,
            where=where,
            patience=durations.seconds(body.deadline),
            requester=requester,
            requester_name=directory.name(requester, client.name),
        )

    def _places(self, client: ClientSettings, at: list[str]) -> Where:
        """
        Say where a client wants a request shown.

        Raises:
            Problem: It may not, or that is nowhere.
        """
        for place in at:
            if not any(addresses.covers(pattern, place) for pattern in client.places):
                named = ", ".join(client.places) or "nowhere but people's own accounts"
                raise Problem(403, "not-yours-to-ask", f"you may not have anything shown at {place}; only: {named}")
            if not self._directory.reachable(ConversationKey(place)) or "/" not in place:
                raise Problem(422, "invalid", f"{place} is no conversation; write one like slack:T024BE7LD/C042")
        return Where(targets=tuple(at))

    async def escalate(self, client: ClientSettings, name: str, why: str, key: str = "") -> tuple[int, RequestOut]:
        """
        Have the next step of a request's ladder taken before its time, one for a key.

        Returns:
            200 and the request; 202 where nothing is decided on that yet.

        Raises:
            Problem: It has ended, or its ladder has no further step.
        """
        row = await self._row(client, name, "requests:write")
        before = await clients.look(self._store, row.home)
        last = before.request is not None and before.rungs >= len(before.request.where.ladder)
        if last and not before.ended and ("escalate", key) not in before.keyed:
            detail = "there is nobody else to ask; a `ladder` in the policy says who is"
            raise Problem(409, "no-further-step", detail, request=await self._shown(client, row, before))
        return await self._say(client, row, "escalate", why, key, lambda asked: asked.rungs > before.rungs)

    async def answer(self, client: ClientSettings, name: str, text: str, key: str = "") -> tuple[int, RequestOut]:
        """
        Answer what somebody asked back; it stands under the card, once for a key, and the request is still open.

        Returns:
            200 and the request; 202 where nothing is decided on that yet.

        Raises:
            Problem: It has ended, nobody has asked anything, or the key was used for another answer.
        """
        row = await self._row(client, name, "requests:write")
        before = await clients.look(self._store, row.home)
        questions = any(isinstance(record.event, events.QuestionAsked) for record in before.said)
        if not questions and not before.ended:
            raise Problem(
                409, "no-question", "nobody has asked anything back", request=await self._shown(client, row, before)
            )
        return await self._say(client, row, "answer", text, key, lambda asked: len(asked.said) > len(before.said))

    async def _say(
        self,
        client: ClientSettings,
        row: ClientRow,
        wish: Literal["answer", "escalate"],
        text: str,
        key: str,
        done: Callable[[Asked], bool],
    ) -> tuple[int, RequestOut]:
        """Say something to an open request, unless it was said with that key, and wait for what comes of it."""
        thread, once = clients.thread(row.home), (wish, key)
        said = log.storable(facts.ClientSpoke(thread=thread, wish=wish, text=text, by=client.name, idempotency_key=key))
        asked = await clients.look(self._store, row.home)
        if not asked.ended and once not in asked.keyed:
            await self._store.append(Fact(row.home, said, (f"{row.home} {wish} {key}",) if key else ()))
            asked = await self._until(row.home, lambda asked: asked.ended or done(asked))
        if wish == "answer" and asked.keyed.get(once, said.text) != said.text:
            detail = f"with the key {key!r} you gave another answer; give this one another key"
            raise Problem(422, "other-body", detail)
        if once in asked.keyed:
            return 200, await self._view(client, row, asked)
        if asked.ended and not done(asked):
            raise Problem(409, "ended", "it has ended", request=await self._shown(client, row, asked))
        return 200 if done(asked) else 202, await self._view(client, row, asked)

    async def cancel(self, client: ClientSettings, name: str) -> tuple[int, RequestOut]:
        """
        Withdraw a request.

        Returns:
            200 and the request, which is cancelled; 202 where nothing is decided on that yet.

        Raises:
            Problem: It had ended otherwise; the problem says how.
        """
        row = await self._row(client, name, "requests:write")
        asked = await clients.look(self._store, row.home)
        if not asked.ended:
            acted = facts.OperatorActed(thread=clients.thread(row.home), choice="cancel", by=client.name)
            await self._store.append(Fact(row.home, acted, ()))
            asked = await self._until(row.home, lambda asked: asked.ended)
        stands = await self._view(client, row, asked)
        if not asked.ended:
            return 202, stands
        if clients.outcome(asked) is not Outcome.CANCELLED:
            ended = asked.settlement.outcome if asked.settlement is not None else "refused"
            detail = f"it is {ended.replace('_', ' ')} already, and that does not change"
            raise Problem(409, "ended", detail, request=stands.model_dump(mode="json"))
        return 200, stands

    # Reading ---------------------------------------------------------------------------------------------------------

    async def get(self, client: ClientSettings, name: str, wait: float) -> RequestOut:
        """Show a request; with `wait`, once it has ended or so many seconds have passed."""
        row = await self._row(client, name)
        if not wait:
            return await self._view(client, row, await clients.look(self._store, row.home))
        self._waits.check(client)
        with self._waits.one(client):
            asked = await self._until(row.home, lambda asked: asked.ended, wait)
        return await self._view(client, row, asked)

    async def page(
        self, client: ClientSettings, *, whose: str | None, is_open: bool | None, before: int | None, most: int
    ) -> Page:
        """List requests, the newest first."""
        if "requests:all" not in client.scopes:
            if whose not in (None, client.name):
                raise Problem(403, "scope", "the requests of other clients need the scope requests:all")
            whose = client.name
        rows = await self._store.client_requests(client=whose, is_open=is_open, before=before, most=most + 1)
        shown = [await self._view(client, row, await clients.look(self._store, row.home)) for row in rows[:most]]
        return Page(requests=shown, next=str(rows[most - 1].number) if len(rows) > most else None)

    async def stream(self, client: ClientSettings, name: str) -> AsyncIterator[bytes]:
        """Tell how a request stands, whenever that changes, until it has ended."""
        row = await self._row(client, name)
        self._waits.check(client)

        async def told() -> AsyncIterator[bytes]:
            seen, last = 0, ""
            with self._waits.one(client):
                while True:
                    asked = await clients.look(self._store, row.home)
                    stands = (await self._view(client, row, asked)).model_dump_json()
                    if stands != last:
                        last = stands
                        yield f"event: request\ndata: {stands}\n\n".encode()
                    if asked.ended:
                        return
                    try:
                        seen = await self._runtime.limit(self._store.watch(row.home, seen), HEARTBEAT)
                    except TimeoutError:
                        yield b": waiting\n\n"

        return told()

    async def named(self, client: ClientSettings, key: str) -> str:
        """
        Give the id of a client's own request, by its key.

        Raises:
            Problem: There is none.
        """
        try:
            row = await self._store.client_request(clients.conversation(client.name, key))
        except GatewayError:
            row = None
        if row is None:
            raise Problem(404, "not-found", "you have no request with this key")
        return row.id

    def evidence_keys(self) -> dict[str, Any]:
        """Give the public keys by which evidence is checked; none where nothing is signed."""
        return self._evidence.keys() if self._evidence is not None else {"keys": []}

    # What these are made of ------------------------------------------------------------------------------------------

    async def _row(self, client: ClientSettings, name: str, scope: Scope = "requests:read") -> ClientRow:
        """
        Find a request that a client may see; to others it is not there.

        Raises:
            Problem: There is none.
        """
        row = await self._store.client_request(name) if ":" not in name else None
        others = scope == "requests:read" and "requests:all" in client.scopes
        if row is None or (row.client != client.name and not others):
            raise Problem(404, "not-found", "you have no request with this id")
        return row

    async def _until(self, home: ConversationKey, holds: Callable[[Asked], bool], seconds: float = RULING) -> Asked:
        """Read how a request stands once something holds of it, or as it stands when the time is up."""

        async def read() -> Asked:
            seen = 0
            while not holds(asked := await clients.look(self._store, home)):
                seen = await self._store.watch(home, seen)
            return asked

        try:
            return await self._runtime.limit(read(), seconds)
        except TimeoutError:
            return await clients.look(self._store, home)

    async def _view(self, client: ClientSettings, row: ClientRow, asked: Asked) -> RequestOut:
        names: list[str] = []
        due, waiting = None, list[tuple[str, float, bool]]()
        if asked.request is not None:
            request = asked.request
            try:
                stands = await self._store.request(request.id)
                request = request.model_copy(update={"places": (*request.places, *stands.added)})
                due, waiting = stands.due, self._directory.waiting(stands.waiting, stands.away)
            except NotFound:
                due = request.opened_at + request.patience
            names = self._directory.asked(request)
        key = addresses.parse(row.home).place
        evidence = self._evidence.of(row.client, key, asked) if self._evidence is not None else ""
        shown = view(row.id, row.client, key, asked, names, due, waiting, evidence)
        return shown if row.client == client.name else shown.model_copy(update={"callback": ""})

    async def _shown(self, client: ClientSettings, row: ClientRow, asked: Asked) -> dict[str, Any]:
        return (await self._view(client, row, asked)).model_dump(mode="json")


def _fingerprint(body: RequestIn) -> str:
    try:
        return body.fingerprint
    except InvalidArguments as error:
        raise Problem(422, "invalid", str(error)) from None
