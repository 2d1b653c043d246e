"""
The page behind a link: shows a request, and takes one answer.

Looking decides nothing, however often and by whom: an answer is what is posted. It becomes a fact like any press, with
the link's own key, so that one link answers once; whether it counts is ruled on at the request's home. What does not
hold any more (settled, changed, not theirs) is said instead.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.base import COMMENT, Duplicate, Gate, Inbound, Refused
from agent_core import facts
from agent_core.addresses import Identity
from agent_core.catalogue import Catalogue, Catalogues
from agent_core.forms import Field
from agent_core.requests import Assurance, Decision
from gateway import filling
from gateway.directory import Directory
from gateway.errors import StoreError
from gateway.page_links import PATH, PageLink, PageLinks
from gateway.runtime import Runtime
from gateway.store.base import Store
from gateway.store.rows import Copy

LARGEST = 64 * 1024  # bytes of what is posted
STYLE = (
    "body{margin:0 auto;padding:1rem;max-width:40rem;font:1rem/1.5 system-ui,sans-serif;color:#1b2422;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:start;vertical-align:top}"
    "label{display:block;margin:.8rem 0 .2rem;font-weight:600}"
    "input,textarea,select{box-sizing:border-box;width:100%;padding:.5rem;font:inherit}"
    "button{margin:.8rem .8rem 0 0;padding:.6rem 1.2rem;font:inherit;border:1px solid #0b5d57;border-radius:.4rem;"
    "background:#0b5d57;color:#fff}button.no{background:#fff;color:#a3202b;border-color:#a3202b}"
    ".bad{color:#a3202b}.faint{color:#56625f}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
BUTTONS = (Decision.APPROVE, Decision.DID_RUN, Decision.DENY)


class Pages:
    """Serves the pages."""

    def __init__(
        self, links: PageLinks, store: Store, gate: Gate, directory: Directory, catalogues: Catalogues, runtime: Runtime
    ) -> None:
        self._links, self._store, self._gate = links, store, gate
        self._directory, self._catalogues, self._runtime = directory, catalogues, runtime

    def routes(self) -> list[Route]:
        """Give the one address."""
        return [Route(PATH, self.answer, methods=["GET", "POST"])]

    async def answer(self, request: Request) -> Response:
        """Show a request, or take an answer to it."""
        link = self._links.read(**request.path_params)
        words = self._words(link)
        if link is None:
            return _said(words, words.say("page.gone"), 404)
        try:
            copy = await self._store.copy(link.place, link.request)
        except StoreError:
            return _said(words, words.say("page.busy"), 503)
        if (over := self._over(link, copy, words)) or copy is None:
            return _said(words, over or words.say("page.gone"))
        if request.method != "POST":
            return HTMLResponse(_page(words, copy.card.title, _asked(copy, words, {})), headers=HEADERS)
        posted = await _posted(request)
        if posted is None:
            return _said(words, words.say("page.busy"), 413)
        return await self._take(link, copy, posted, words)

    def _words(self, link: PageLink | None) -> Catalogue:
        return self._catalogues.of(self._directory.language(link.place)) if link is not None else self._catalogues.own

    def _over(self, link: PageLink, copy: Copy | None, words: Catalogue) -> str:
        """Say why nothing can be answered here any more; empty where it can."""
        if copy is None:
            return words.say("page.gone")
        if copy.settled_at is not None:
            return "\n".join((copy.card.title, *copy.card.notes))
        if copy.card.revision != link.revision:
            return words.say("form.outdated")
        voter = self._directory.voter(Identity(link.place), "", Assurance.LOW)
        if not self._directory.may_answer(copy.who, copy.requester, voter):
            return words.say("page.gone")
        return ""

    async def _take(self, link: PageLink, copy: Copy, posted: Mapping[str, str], words: Catalogue) -> Response:
        fact = _fact(link, copy, posted, self._runtime.now())
        if fact is None:
            return HTMLResponse(_page(words, copy.card.title, _asked(copy, words, {})), headers=HEADERS)
        if isinstance(fact, facts.FormSubmitted) and fact.decision in (Decision.ANSWER, Decision.EDIT):
            faults = await self._gate.faults(link.place, fact)
            if faults:
                return HTMLResponse(_page(words, copy.card.title, _asked(copy, words, faults)), 422, headers=HEADERS)
        taken = await self._gate.append(Inbound(link.place, fact, (f"answer/{link.mac}",), lasting=True))
        if isinstance(taken, Refused):
            return _said(words, words.say("page.busy"), 503)
        return _said(words, words.say("page.once" if isinstance(taken, Duplicate) else "page.taken"))


async def _posted(request: Request) -> dict[str, str] | None:
    """Read what was posted; None where it is too much."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    return {name: values[-1] for name, values in fields.items()}


def _fact(
    link: PageLink, copy: Copy, posted: Mapping[str, str], now: float
) -> facts.ActionTaken | facts.FormSubmitted | None:
    """Turn what was pressed into a fact; None where it was nothing that is offered."""
    base = {
        "sender": Identity(link.place),
        "assurance": Assurance.LOW,
        "direct": True,
        "sent_at": now,
        "request": link.request,
        "revision": link.revision,
    }
    pressed, card = posted.get("press", ""), copy.card
    offered = {decision for decision, _ in card.buttons if decision in BUTTONS}
    comment = posted.get(COMMENT, "").strip()
    said = {COMMENT: comment} if comment else {}
    for decision, fields in ((Decision.ANSWER, card.fields), (Decision.EDIT, card.editable)):
        if fields and pressed == decision:
            values = {field.name: posted.get(f"{decision}.{field.name}", "") for field in fields} | said
            return facts.FormSubmitted.model_validate(base | {"decision": decision, "values": values})
    if pressed in (Decision.APPROVE, Decision.DENY) and pressed in offered and said:
        return facts.FormSubmitted.model_validate(base | {"decision": pressed, "values": said})
    if pressed in offered:
        return facts.ActionTaken.model_validate(base | {"decision": pressed})
    if pressed == Decision.ANSWER and posted.get("choice") in [name for name, _ in card.choices]:
        return facts.ActionTaken.model_validate(base | {"decision": Decision.ANSWER, "value": posted["choice"]})
    return None


# How it looks --------------------------------------------------------------------------------------------------------


def _said(words: Catalogue, text: str, status: int = 200) -> HTMLResponse:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line)
    return HTMLResponse(_page(words, words.say("page.title"), paragraphs), status, headers=HEADERS)


def _page(words: Catalogue, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _asked(copy: Copy, words: Catalogue, faults: Mapping[str, str]) -> str:
    return "".join(_parts(copy, words, faults))


def _parts(copy: Copy, words: Catalogue, faults: Mapping[str, str]) -> Iterator[str]:
    card = copy.card
    rows = (f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in card.facts)
    yield f"<table>{''.join(rows)}</table>" if card.facts else ""
    for text in (card.body, card.why, card.asker, *card.notes, " ".join((card.by, card.silence))):
        yield f"<p>{escape(text)}</p>" if text.strip() else ""
    yield f'<form method="post"><p class="faint">{escape(words.say("page.confirm"))}</p>'
    for field in filling.worded(card.fields, words):
        yield _field(Decision.ANSWER, field, faults.get(field.name, ""))
    if card.fields:
        yield _button(Decision.ANSWER, words.say("form.answer.submit"))
    for number, (name, label) in enumerate(card.choices):
        checked = " checked" if number == 0 else ""
        choice = f'<input type="radio" name="choice" value="{escape(name)}"{checked}>'
        yield f"<label>{choice} {escape(label)}</label>"
    if card.choices:
        yield _button(Decision.ANSWER, words.say("form.answer.submit"))
    offered = [(decision, label) for decision, label in card.buttons if decision in BUTTONS]
    if any(decision is Decision.DENY for decision, _ in offered) and not copy.in_doubt:
        yield f'<label for="comment">{escape(words.say("form.comment.label"))}</label>'
        yield f'<textarea id="comment" name="{COMMENT}" rows="3" maxlength="3000"></textarea>'
    for decision, label in offered:
        yield _button(decision, label, "no" if decision is Decision.DENY else "")
    if card.editable:
        yield f"<details{' open' if faults else ''}><summary>{escape(card.edit)}</summary>"
        for field in filling.worded(card.editable, words):
            yield _field(Decision.EDIT, field, faults.get(field.name, ""))
        yield f"{_button(Decision.EDIT, words.say('form.edit.submit'))}</details>"
    yield "</form>"


def _button(decision: Decision, label: str, kind: str = "") -> str:
    return f'<button class="{kind}" name="press" value="{decision}">{escape(label)}</button>'


def _field(decision: Decision, field: Field, fault: str) -> str:
    name = escape(f"{decision}.{field.name}")
    label = f'<label for="{name}">{escape(field.label)}</label>'
    initial = field.initial if isinstance(field.initial, str) else ""
    if field.options:
        options = (
            f'<option value="{escape(option)}"{" selected" if option == initial else ""}>{escape(shown)}</option>'
            for option, shown in field.options
        )
        control = f'<select id="{name}" name="{name}">{"".join(options)}</select>'
    elif field.kind == "long_text":
        control = f'<textarea id="{name}" name="{name}" rows="4">{escape(initial)}</textarea>'
    else:
        control = f'<input id="{name}" name="{name}" value="{escape(initial)}">'
    hint = f'<p class="faint">{escape(field.hint)}</p>' if field.hint else ""
    return label + control + hint + (f'<p class="bad" role="alert">{escape(fault)}</p>' if fault else "")
