"""
What an operator has done by the command line, through the running gateway or without one.
"""

from __future__ import annotations

from typing import Any

from agent_core import addresses, facts, handing, lifecycle, policy, rulings
from agent_core.addresses import ConversationKey, Identity, Party
from gateway.directory import Directory
from gateway.errors import Busy, Declined, Needed
from gateway.linking import CODE_LIFE
from gateway.runtime import Runtime
from gateway.store.base import Fact, Store
from gateway.store.rows import Link

HAND_OVERS = {
    "hand.not_offered": "no rule lets it be handed on; `reassign` of a rule says to whom",
    "hand.self": "{to} has it already",
    "hand.already": "{giver} has handed it on already",
    "hand.delegate": "{giver} decides it in the stead of somebody else",
    "hand.too_often": "it was handed on as often as it goes",
    "hand.back": "{to} has handed it on, so it does not go back there",
    "hand.not_to": "no rule lets {to} have it",
    "hand.can_already": "{to} can decide it already",
    "hand.requester": "{to} asked for it, so somebody else has to decide it",
    "hand.may_not": "{to} may not decide it, whoever asks them",
    "hand.counts_for_nothing": "it takes the votes of others than {to}",
    "hand.too_few": "without {giver} too few would be left who may decide it",
}
"""Why a request may not be handed on, for an operator."""
END_LIMIT = 10.0  # seconds that runs get to end before what they were made of is erased
END_INTERVAL = 0.25  # seconds between two looks at whether they have


async def carry_out(store: Store, directory: Directory, asked: dict[str, Any], runtime: Runtime) -> int:
    """
    Write an operator's wish into the store.

    Returns:
        How many things it changed; nothing, where there is nothing of the kind.

    Raises:
        Declined: It cannot be done as things are; nothing was changed.
    """
    match asked["do"]:
        case "link":
            return await _link(store, directory, Identity(asked["identity"]), Party(asked["person"]))
        case "unlink":
            return await _unlink(store, directory, Identity(asked["identity"]))
        case "offer":
            await store.offer(asked["code"], Party(asked["person"]), store.now() + CODE_LIFE)
            return 1
        case "reassign":
            return await _reassign(store, directory, facts.HandOverWished.model_validate(asked["wished"]))
        case "retry":
            return int(await store.retry(asked["delivery"]))
        case "forget":
            return await _forget(
                store,
                Party(asked["party"]),
                [Identity(str(one)) for one in asked["identities"]],
                runtime,
                end=asked["end"],
            )
        case _:
            acted = facts.OperatorActed.model_validate(asked["acted"])
            addresses.parse(asked["conversation"])
            await store.append(Fact(ConversationKey(asked["conversation"]), acted, ()))
            return 1


async def _forget(store: Store, party: Party, identities: list[Identity], runtime: Runtime, *, end: bool) -> int:
    """Erase what somebody said; with `end` runs that need it are cancelled first, and waited for."""
    cancelled: set[str] = set()
    for _ in range(round(END_LIMIT / END_INTERVAL)):
        try:
            return await store.forget(party, identities)
        except Needed as needed:
            if not end:
                raise
            for conversation, thread in needed.runs:
                if thread not in cancelled:
                    cancelled.add(thread)
                    acted = facts.OperatorActed(thread=thread, choice="cancel", by="the command line")
                    await store.append(Fact(conversation, acted, ()))
        except Busy:
            if not cancelled:
                raise
        await runtime.sleep(END_INTERVAL)
    raise Busy("their runs are ending; let the gateway run, and ask again in a moment")


async def _reassign(store: Store, directory: Directory, wished: facts.HandOverWished) -> int:
    """Have a request handed on in somebody's place, where it stands so that they could."""
    row = await store.request(wished.request)
    giver, to = directory.of(wished.giver), directory.of(wished.to)
    for name, person in ((wished.giver, giver), (wished.to, to)):
        if person is None:
            raise Declined(f"there is no {name!r} in [[people]]; see: ringback people list")
    if row.settlement is not None:
        raise Declined(f"{row.id} is {row.status} already, and that does not change")
    standing = lifecycle.of(row.id, (record.event for record in await store.log(row.thread)))
    if standing is None or giver is None or to is None:
        raise Declined(f"{row.id} is of a run that is gone")
    request = standing.request
    if rulings.objection(request.who, directory.present(request.requester), policy.first_voter(giver)) is not None:
        raise Declined(f"{giver.name} cannot decide it, so there is nothing to hand on")
    wish = handing.Wish(giver.id, to, wished.delegated)
    refused = handing.refusal(request, standing.hands, wish, directory.people())
    if refused is not None:
        may = [
            p.id for p in handing.takers(request.who, request.reassign, request.requester, giver.id, directory.people())
        ]
        named = f"; it may go to {', '.join(may)}" if may else ""
        raise Declined(f"{HAND_OVERS[refused].format(giver=giver.name, to=to.name)}{named}")
    await store.append(Fact(row.home, wished.model_copy(update={"request": row.id}), ()))
    return 1


async def _link(store: Store, directory: Directory, identity: Identity, person: Party) -> int:
    owner = directory.person(identity)
    if owner is not None and owner.id != person:
        raise Declined(f"{identity} is {owner.id}'s; an account is one person's: ringback people unlink {identity}")
    if directory.of(person) is None:
        raise Declined(f"there is no {person!r} in [[people]]; see: ringback people list")
    if owner is not None:
        return 0
    async with directory.linking:
        await store.link(Link(identity, person, store.now(), "the command line"))
        directory.link(identity, person)
    return 1


async def _unlink(store: Store, directory: Directory, identity: Identity) -> int:
    async with directory.linking:
        if not await store.unlink(identity):
            return 0
        directory.unlink(identity)
    return 1
