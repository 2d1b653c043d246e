"""
`ringback doctor`: looks at everything that has to be right before people can be asked, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.base import Adapter, Check, Named
from agent_core import addresses, policy
from agent_core.addresses import ConversationKey, Party
from agent_core.cards import Card
from agent_core.catalogue import PLAIN
from agent_core.policy import Rule
from agent_core.requests import ORIGIN, OWNER_ROLE, PEOPLE
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.world import World


async def account(
    settings: Settings, world: World, adapter: Adapter, to: str, running: Mapping[str, Any]
) -> list[Check]:
    """
    Look at one account.

    Args:
        to: A person's id or an address, where the test card is shown; empty: the first owner who has an account there.
        running: What a running gateway says of its accounts.

    Raises:
        GatewayError: `to` is nobody.
    """
    name = f"{adapter.channel}:{adapter.account}"
    mine = [identity for person in world.directory.people() for identity in person.identities if _is_on(identity, name)]
    people = {identity: world.directory.name(world.directory.party(identity)) for identity in mine}
    shown = _card_at(world, name, to)
    words = world.words(shown) if shown is not None else world.catalogues.own
    card = Card(title=words.say("doctor.card"), body=words.say("doctor.card.body"))
    named = Named(_places(settings, name), people, card, shown)
    try:
        checks = await adapter.check(named)
    finally:
        await adapter.close()
    return [*checks, *_groups_read(running.get(name)), _connected(running.get(name))]


def _is_on(address: str, account: str) -> bool:
    return address.startswith(f"{account}/")


def _places(settings: Settings, account: str) -> dict[ConversationKey, str]:
    """Give the conversations of an account that the settings name, with the setting."""
    found: dict[ConversationKey, str] = {}
    for number, agent in enumerate(settings.agents):
        found |= {ConversationKey(p): f"agents[{number}].listen" for p in agent.listen if _is_on(p, account)}
    for number, rule in enumerate(settings.policy):
        found |= {ConversationKey(t): f"policy[{number}].targets" for t in rule.targets if _is_on(t, account)}
    ops = settings.ops.conversation
    return found | ({ConversationKey(ops): "ops.conversation"} if ops and _is_on(ops, account) else {})


def _card_at(world: World, account: str, to: str) -> ConversationKey | None:
    directory = world.directory
    if ":" in to:
        return ConversationKey(to) if _is_on(to, account) else None
    if to and directory.of(Party(to)) is None:
        raise GatewayError(f"--to: {to!r} is nobody in [[people]]; write a person's id, or an address")
    wanted = [person for person in directory.people() if person.id == to or (not to and OWNER_ROLE in person.roles)]
    identities = (identity for person in wanted for identity in person.identities if _is_on(identity, account))
    return next(map(addresses.one_to_one, identities), None)


def _groups_read(state: Mapping[str, Any] | None) -> Iterator[Check]:
    if state is not None and state["groups"]:
        yield Check("groups", False, f"the running gateway cannot read who is in {state['groups']}")


def _connected(state: Mapping[str, Any] | None) -> Check:
    if state is None:
        return Check("connection", None, "no gateway is running, so none is held", "start it with: ringback serve")
    if state["ready"]:
        return Check("connection", True, "the running gateway hears from it")
    problem = state["problem"] or state["warning"] or "nothing heard of it lately"
    return Check("connection", False, f"{state['state']}: {problem}", "see the running gateway's log")


def settings_checks(settings: Settings, world: World, unread: str) -> Iterator[Check]:
    """
    Look at what is allowed in the settings, and probably not meant.

    Args:
        unread: Why an agent or a model cannot be imported; empty where all can.
    """
    yield Check("agents and models", not unread, unread or "all can be imported")
    for number, person in enumerate(settings.people):
        yield from _person(world, f"people[{number}]", person.name, person.identities)
    for number, rule in enumerate(world.rules):
        yield from _rule(world, f"policy[{number}]", rule)
    yield from _groups(settings)


def _groups(settings: Settings) -> Iterator[Check]:
    """Look for roles that somebody may have by a group, and that nothing in the settings is about."""
    for account, group, role in settings.unused_groups():
        found = f"nothing else in the settings names the role {role!r}, which its group {group} gives"
        yield Check(account, None, found, "look for a slip; it is right where a tool demands that role")


def _person(world: World, key: str, name: str, identities: Sequence[str]) -> Iterator[Check]:
    for identity in identities:
        if not world.directory.reachable(ConversationKey(identity)):
            yield Check(key, False, f"{identity} belongs to no account that is configured", "set its account right")
    if not identities:
        yield Check(key, None, f"{name} has no identities, so cannot be asked anything", "give them one")


def _rule(world: World, key: str, rule: Rule) -> Iterator[Check]:
    if rule.effect != "ask":
        return
    everybody = world.directory.eligible(rule.who, None)
    reached = [person for person in everybody if world.directory.contact(person.id) is not None]
    only_people = all(target == PEOPLE for target in rule.where.targets)
    if world.directory.unread(rule.who):
        yield Check(key, None, "others may have its role by a group, which only a gateway that runs knows")
    elif not everybody:
        yield Check(key, False, "nobody may decide it, so its runs halt", "give people its role")
    elif not reached and only_people:
        yield Check(key, False, "nobody who may decide it can be reached", "give them identities")
    elif rule.who.exclude_requester and len(everybody) == 1:
        found = f"excludes the requester, and only {everybody[0].name} may decide; nobody can approve their own calls"
        yield Check(key, None, found, "give a second person its role")
    elif rule.where.in_turn and reached and len(policy.fewest(rule.who, reached)) == len(reached):
        names = world.catalogues.of(PLAIN).both([person.name for person in reached])
        yield Check(key, None, f"asks in turn, and it takes all there are: {names}", "give more people its role")
    if ORIGIN in rule.where.targets and len(rule.where.targets) == 1 and rule.who.exclude_requester:
        found = "is shown only where the call was asked for, while it excludes who asked there"
        yield Check(key, None, found, f'add "{PEOPLE}" to its targets')
