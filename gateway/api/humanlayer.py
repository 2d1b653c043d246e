"""
The HTTP shape of HumanLayer's SDK (package `humanlayer` 0.7.9), so that an agent written for it asks people here.

Its function calls are approvals of a client's calls, its human contacts are questions; each becomes a request like any
other, under the SDK's own call id. Only the words differ, and these two: an agent cannot respond for a person, and
whoever it wants to escalate to has to stand in the policy's ladder.

https://github.com/humanlayer/humanlayer, `core/models.py` and `core/cloud.py` of that version.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_core import forms
from agent_core.requests import LONGEST_DENIAL, MOST_DENIALS, Outcome
from gateway.api import problems
from gateway.api.problems import Problem
from gateway.api.requests import Requests
from gateway.api.routes import Reader, Writer
from gateway.api.values import ChoiceIn, RequestIn
from gateway.api.views import RequestOut, SettlementOut
from gateway.directory import Directory
from gateway.sections import ClientSettings

ROOT = "/humanlayer/v1"
KEPT = "humanlayer"  # under which name the SDK's own things stand in a request's state
LONGEST_TITLE = 200  # characters of a message that stand in the title; all of it stands below


class SlackChannel(BaseModel):
    """Where in Slack, and who may answer there. Tokens that an agent sends are not used, and not kept."""

    channel_or_user_id: str
    context_about_channel_or_user: str | None = None
    allowed_responder_ids: list[str] | None = None
    thread_ts: str | None = None


class Channel(BaseModel):
    """One of the SDK's contact channels."""

    slack: SlackChannel | None = None
    sms: dict[str, Any] | None = None
    whatsapp: dict[str, Any] | None = None
    email: dict[str, Any] | None = None


class Option(BaseModel):
    """A named answer."""

    name: str
    title: str | None = None
    description: str | None = None
    prompt_fill: str | None = None
    interactive: bool = False


class CallSpec(BaseModel):
    """A function that wants to be called."""

    model_config = ConfigDict(populate_by_name=True)

    fn: str
    arguments: dict[str, Any] = Field(alias="kwargs")
    channel: Channel | None = None
    reject_options: list[Option] | None = None
    state: dict[str, Any] | None = None


class CallStatus(BaseModel):
    """How the approval of a function call stands."""

    requested_at: datetime | None = None
    responded_at: datetime | None = None
    approved: bool | None = None
    comment: str | None = None
    reject_option_name: str | None = None
    slack_message_ts: str | None = None


class FunctionCall(BaseModel):
    """A function call, with how its approval stands."""

    run_id: str
    call_id: str
    spec: CallSpec
    status: CallStatus | None = None


class ContactSpec(BaseModel):
    """A question."""

    msg: str
    subject: str | None = None
    channel: Channel | None = None
    response_options: list[Option] | None = None
    state: dict[str, Any] | None = None


class ContactStatus(BaseModel):
    """How a question stands."""

    requested_at: datetime | None = None
    responded_at: datetime | None = None
    response: str | None = None
    response_option_name: str | None = None


class HumanContact(BaseModel):
    """A question, with how it stands."""

    run_id: str
    call_id: str
    spec: ContactSpec
    status: ContactStatus | None = None


class Escalation(BaseModel):
    """Why somebody else should be asked. Whom is for the policy to say."""

    escalation_msg: str = Field(max_length=1_000)


class HumanLayer:
    """
    Says the SDK's things in the door's words, and back.

    Args:
        say: Words the sentences that the SDK hands to a model.
    """

    def __init__(self, requests: Requests, directory: Directory, say: Callable[..., str]) -> None:
        self._requests, self._directory, self._say = requests, directory, say

    async def call(self, client: ClientSettings, call: FunctionCall) -> FunctionCall:
        """Ask for the approval of a function call."""
        spec = call.spec
        kept = {"run_id": call.run_id} | _kept(spec, "channel", "reject_options", "state")
        asked = {"tool": spec.fn, "arguments": spec.arguments, "choices": _denials(spec.reject_options or [])}
        return self.as_call(await self._ask(client, call.call_id, spec.channel, kept, **asked))

    async def contact(self, client: ClientSettings, contact: HumanContact) -> HumanContact:
        """Ask a question."""
        spec = contact.spec
        kept = {"run_id": contact.run_id} | _kept(spec, "channel", "response_options", "subject", "state")
        title = spec.subject or spec.msg
        options = [ChoiceIn(name=o.name, label=o.title or o.name) for o in spec.response_options or []]
        asked = {"kind": "question", "title": title[:LONGEST_TITLE], "choices": options}
        if title != spec.msg or len(title) > LONGEST_TITLE:
            asked["body"] = spec.msg
        return self.as_contact(await self._ask(client, contact.call_id, spec.channel, kept, **asked))

    async def _ask(
        self, client: ClientSettings, key: str, channel: Channel | None, kept: dict[str, Any], **asked: Any
    ) -> RequestOut:
        try:
            wanted = RequestIn.model_validate(asked | self._where(channel) | {"state": {KEPT: kept}})
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            raise Problem(422, "invalid", first["msg"].removeprefix("Value error, ")) from None
        _, stands = await self._requests.create(client, key, wanted)
        return stands

    def _where(self, channel: Channel | None) -> dict[str, Any]:
        """Say who is asked, and where, of what the SDK calls a contact channel."""
        if channel is None or channel == Channel():
            return {}
        if channel.slack is None:
            raise Problem(422, "invalid", "only Slack is connected here; give a slack contact channel, or none")
        accounts = self._directory.accounts("slack")
        if len(accounts) != 1:
            raise Problem(422, "invalid", "there is not one Slack workspace here; leave out the contact channel")
        place, responders = channel.slack.channel_or_user_id, channel.slack.allowed_responder_ids or []
        if place.startswith(("U", "W")):
            return {"to": [f"{accounts[0]}/{place}"]}
        return {"at": [f"{accounts[0]}/{place}"], "to": [f"{accounts[0]}/{one}" for one in responders]}

    def as_call(self, stands: RequestOut) -> FunctionCall:
        """Show a request as a function call."""
        kept, ended = _own(stands), stands.settlement
        status = CallStatus(requested_at=stands.created_at)
        if ended is not None:
            status.responded_at, status.approved = ended.at, ended.approved
            status.comment = ended.comment or (None if ended.approved else self._words(ended))
            status.reject_option_name = ended.choice or None
        elif stands.refused:
            status.approved, status.comment = False, stands.refused
        return FunctionCall(
            run_id=kept["run_id"],
            call_id=stands.key,
            spec=CallSpec(fn=stands.tool or "", arguments=stands.arguments, **_spec(kept)),
            status=status,
        )

    def as_contact(self, stands: RequestOut) -> HumanContact:
        """Show a request as a human contact."""
        kept, ended = _own(stands), stands.settlement
        status = ContactStatus(requested_at=stands.created_at)
        if ended is not None:
            answered = ended.outcome is Outcome.ANSWERED
            status.responded_at = ended.at
            status.response = ended.answer if answered else self._words(ended)
            picked = next((c for c in stands.choices if answered and c.name == ended.answer), None)
            if picked is not None:
                status.response, status.response_option_name = picked.label, picked.name
        elif stands.refused:
            status.response = stands.refused
        return HumanContact(
            run_id=kept["run_id"],
            call_id=stands.key,
            spec=ContactSpec(msg=stands.body or stands.title, **_spec(kept)),
            status=status,
        )

    def _words(self, ended: SettlementOut) -> str:
        """Say how it ended where nobody said anything: the SDK waits until it hears something."""
        return self._say(f"model.{ended.outcome}", name=ended.name or self._say("somebody"))


def _kept(spec: BaseModel, *names: str) -> dict[str, Any]:
    return spec.model_dump(mode="json", include=set(names), exclude_none=True)


def _denials(options: list[Option]) -> list[ChoiceIn]:
    """Give the options to reject that have room on a card; a person has the others' words in a reason of their own."""
    fitting = {option.name: option for option in options if option.name.strip() and len(option.name) <= LONGEST_DENIAL}
    return [
        ChoiceIn(
            name=option.name,
            label=((option.title or "").strip() or option.name)[:LONGEST_DENIAL],
            prefill=(option.prompt_fill or "")[: forms.LONGEST],
        )
        for option in list(fitting.values())[:MOST_DENIALS]
    ]


def _own(stands: RequestOut) -> dict[str, Any]:
    """
    Give what the SDK sent besides.

    Raises:
        Problem: It did not send this.
    """
    kept = stands.state.get(KEPT) if isinstance(stands.state, dict) else None
    if not isinstance(kept, dict):
        raise Problem(404, "not-found", "this was not asked by HumanLayer's SDK; see /v1/requests")
    return kept


def _spec(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name != "run_id"}


def application(shape: HumanLayer, requests: Requests) -> FastAPI:
    """Make the addresses that the SDK calls."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    problems.install(app)

    @app.post("/function_calls")
    async def add_call(client: Writer, call: FunctionCall) -> FunctionCall:
        return await shape.call(client, call)

    @app.get("/function_calls/{call_id}")
    async def get_call(client: Reader, call_id: str) -> FunctionCall:
        return shape.as_call(await requests.get(client, await requests.named(client, call_id), 0))

    @app.post("/contact_requests")
    async def add_contact(client: Writer, contact: HumanContact) -> HumanContact:
        return await shape.contact(client, contact)

    @app.get("/contact_requests/{call_id}")
    async def get_contact(client: Reader, call_id: str) -> HumanContact:
        return shape.as_contact(await requests.get(client, await requests.named(client, call_id), 0))

    @app.post("/agent/function_calls/{call_id}/escalate_email")
    async def escalate_call(client: Writer, call_id: str, escalation: Escalation) -> FunctionCall:
        name = await requests.named(client, call_id)
        return shape.as_call((await requests.escalate(client, name, escalation.escalation_msg))[1])

    @app.post("/agent/human_contacts/{call_id}/escalate_email")
    async def escalate_contact(client: Writer, call_id: str, escalation: Escalation) -> HumanContact:
        name = await requests.named(client, call_id)
        return shape.as_contact((await requests.escalate(client, name, escalation.escalation_msg))[1])

    @app.post("/agent/function_calls/{call_id}/respond")
    @app.post("/agent/human_contacts/{call_id}/respond")
    async def respond(client: Writer, call_id: str) -> None:
        raise Problem(403, "people-answer", "an agent does not answer for people; they answer on their channels")

    return app
