"""
Checks of what no single setting shows: references, overlaps, roles.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agent_core import addresses, hours, policy
from agent_core.addresses import Party
from agent_core.catalogue import Catalogue
from agent_core.grants import alone
from agent_core.policy import ROLE, Rule
from agent_core.requests import ORIGIN, OWNER_ROLE, PEOPLE, Assurance, in_the_end
from gateway import receivers
from gateway.directory import ANYONE
from gateway.directory import PEOPLE as EVERYBODY
from gateway.errors import SettingsError

PREFIX = "whsec_"  # how secrets of Standard Webhooks begin
CLI = "cli"  # under which name `ringback ask` asks
UNREAD = "unread, for nothing is sent"  # what stands for a secret where none is read

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.settings_policy import PolicySettings


def check(settings: Settings, source: str) -> None:
    """
    Check what no single setting shows.

    Raises:
        SettingsError: One line: key, source, remedy.
    """
    _check_accounts(settings, source)
    _check_people(settings, source)
    _check_agents(settings, source)
    _check_places(settings, source)
    roles = settings.roles()
    people = {person.id for person in settings.people}
    for number, rule in enumerate(settings.policy):
        key = f"policy[{number}]"
        if rule.effect == "ask" and not (rule.roles or rule.people):
            raise SettingsError(key, source, "says nobody who may approve; give it roles or people")
        if rule.links and rule.assurance.rank > Assurance.LOW.rank:
            raise SettingsError(
                f"{key}.links", source, f"decide with low assurance, and the rule asks for {rule.assurance}"
            )
        for entry in rule.requester:
            _check_requester(f"{key}.requester", entry, roles, people, source)
        for role in set(rule.roles) - roles:
            raise SettingsError(f"{key}.roles", source, f"nobody in [[people]] has the role {role!r}")
        for person in set(rule.people) - people:
            raise SettingsError(f"{key}.people", source, f"there is no {person!r} in [[people]]")
        for name, several in (("thresholds", rule.thresholds), ("ladder", rule.ladder)):
            for named in several:
                for role in set(named.roles) - roles:
                    raise SettingsError(f"{key}.{name}", source, f"nobody in [[people]] has the role {role!r}")
                for person in set(named.people) - people:
                    raise SettingsError(f"{key}.{name}", source, f"there is no {person!r} in [[people]]")
    _check_rules(settings, source)
    _check_clients(settings, source)
    if settings.cli.me is not None and settings.cli.me not in people:
        raise SettingsError("cli.me", source, f"there is no {settings.cli.me!r} in [[people]]")
    try:
        settings.catalogues()
    except ValueError as error:
        raise SettingsError("sentences", source, str(error)) from None


def _check_rules(settings: Settings, source: str) -> None:
    """Every rule can come to speak, and there are people enough for what it asks."""
    rules, people = settings.rules(), settings.directory()
    by_group = {role for groups in settings.groups().values() for role in groups.values()}
    for number, rule in enumerate(rules):
        key = f"policy[{number}]"
        before = next((at for at, earlier in enumerate(rules[:number]) if policy.covers(earlier, rule)), None)
        if before is not None:
            raise SettingsError(
                key, source, f"never speaks: all its calls fit policy[{before}]; put it before that one"
            )
        _check_grants(key, settings.policy[number], rule, source)
        times = [rung.after for rung in rule.where.ladder]
        if any(later <= earlier for earlier, later in itertools.pairwise(times)):
            raise SettingsError(f"{key}.ladder", source, "its steps are not in the order of their time")
        if any(at >= rule.patience for at in (*times, *rule.where.reminders)):
            raise SettingsError(key, source, "has a step or a reminder that comes after its deadline")
        for entry in settings.policy[number].reassign:
            _check_entry(f"{key}.reassign", entry, settings, source)
        if rule.where.in_turn and rule.effect != "ask":
            raise SettingsError(f"{key}.in_turn", source, f"is for rules that ask; its effect is {rule.effect!r}")
        if rule.where.in_turn and PEOPLE not in rule.where.targets:
            raise SettingsError(f"{key}.in_turn", source, f"is about the target {PEOPLE!r}; name it in targets")
        at_last = in_the_end(rule.who, rule.where)
        if rule.effect == "ask" and not by_group & at_last.all_roles and not policy.enough(at_last, people):
            names = Catalogue().both([person.name for person in policy.eligible(rule.who, None, people)])
            raise SettingsError(key, source, f"needs more people than there are; those who may decide are {names}")


def _check_grants(key: str, written: PolicySettings, rule: Rule, source: str) -> None:
    """Who approves a call alone may do so for longer; nobody else may, and nothing else is granted."""
    if not written.grants:
        if written.model_fields_set & {"grant_by", "grant_uses"}:
            raise SettingsError(f"{key}.grants", source, "is missing: the rule says which grants, and permits none")
        return
    if rule.effect != "ask":
        raise SettingsError(f"{key}.grants", source, f"is for rules that ask; this one's effect is {rule.effect!r}")
    if rule.urgency == "high":
        raise SettingsError(f"{key}.grants", source, "is not for what is urgent, which is approved one by one")
    if not alone(rule.who):
        remedy = "an approval counts for longer only where one is enough; leave out grants, or what asks for several"
        raise SettingsError(f"{key}.grants", source, remedy)


def _check_requester(key: str, entry: str, roles: set[str], people: set[str], source: str) -> None:
    if entry.startswith(ROLE) and entry.removeprefix(ROLE) not in roles:
        raise SettingsError(key, source, f"nobody in [[people]] has the role {entry.removeprefix(ROLE)!r}")
    if ":" not in entry and entry not in people:
        raise SettingsError(key, source, f"there is no {entry!r} in [[people]]; write role:NAME for a role")


def _check_accounts(settings: Settings, source: str) -> None:
    for channel, several in settings.channels.items():
        names = [one.account for one in several]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise SettingsError(
                    f"{channel}[{number}].account", source, f"{name} stands there twice; one table each"
                )


def _check_people(settings: Settings, source: str) -> None:
    ids: set[str] = set()
    owners: dict[str, str] = {}
    for number, person in enumerate(settings.people):
        if person.id in ids:
            raise SettingsError(f"people[{number}].id", source, f"there are two people called {person.id!r}")
        ids.add(person.id)
        for identity in person.identities:
            if identity in owners:
                remedy = f"{identity} belongs to {owners[identity]!r} already; an account is one person's"
                raise SettingsError(f"people[{number}].identities", source, remedy)
            owners[identity] = person.id
    if not any(OWNER_ROLE in person.roles for person in settings.people):
        raise SettingsError("people", source, f"nobody has the role {OWNER_ROLE!r}; trouble has to be told to somebody")
    _check_deputies(settings, source)


def _check_deputies(settings: Settings, source: str) -> None:
    """Somebody else decides in the stead of each, and never is everybody away to whom it would come."""
    people = {person.id: person for person in settings.directory()}
    for number, person in enumerate(people.values()):
        key, chain = f"people[{number}].deputy", [person]
        if person.deputy is not None and person.deputy not in people:
            raise SettingsError(key, source, f"there is no {person.deputy!r} in [[people]]")
        if person.deputy == person.id:
            raise SettingsError(key, source, "nobody decides in their own stead; name somebody else")
        while (following := people.get(chain[-1].deputy or Party(""))) is not None and following not in chain:
            chain.append(following)
        begins = sorted(days.begins for one in chain for days in one.away)
        nobody = next((at for at in begins if all(hours.back(one.away, at) for one in chain)), None)
        if len(chain) > 1 and nobody is not None:
            day = datetime.fromtimestamp(nobody, ZoneInfo(person.timezone)).date()
            names = Catalogue().both([one.name for one in chain])
            raise SettingsError(key, source, f"{names} are all away on {day}; name somebody who is there")


def _check_agents(settings: Settings, source: str) -> None:
    models = {model.name for model in settings.models}
    listening: dict[str, int] = {}
    for number, agent in enumerate(settings.agents):
        if agent.model is not None and agent.model not in models:
            raise SettingsError(f"agents[{number}].model", source, f"there is no {agent.model!r} in [[models]]")
        for pattern in agent.listen:
            for other, at in listening.items():
                if addresses.overlap(pattern, other):
                    remedy = f"{pattern} overlaps with {other} of agents[{at}]; a message has one agent"
                    raise SettingsError(f"agents[{number}].listen", source, remedy)
        listening.update(dict.fromkeys(agent.listen, number))
        for entry in agent.start:
            _check_entry(f"agents[{number}].start", entry, settings, source, EVERYBODY, ANYONE)


def _check_clients(settings: Settings, source: str) -> None:
    names: set[str] = set()
    tokens: set[str] = set()
    for number, client in enumerate(settings.clients):
        key = f"clients[{number}]"
        if client.name in names or client.name == CLI:
            raise SettingsError(f"{key}.name", source, f"{client.name!r} is taken; give each client one of its own")
        names.add(client.name)
        shown = {one.get_secret_value() for one in (client.token, client.previous_token) if one is not None}
        if shown & tokens - {UNREAD}:
            raise SettingsError(f"{key}.token", source, "another client has this token; give each one of its own")
        tokens |= shown
        if (client.webhook or client.previous_webhook_secret) and client.webhook_secret is None:
            raise SettingsError(f"{key}.webhook_secret", source, "is missing: webhooks are signed")
        if client.webhook is not None:
            try:
                receivers.check(client.webhook, inside=client.inside)
            except ValueError as error:
                raise SettingsError(f"{key}.webhook", source, str(error)) from None
        if not client.to:
            raise SettingsError(f"{key}.to", source, "names nobody; write role:NAME or people's ids")
        for entry in client.ask:
            _check_entry(f"{key}.ask", entry, settings, source, EVERYBODY)
        for entry in client.to:
            _check_entry(f"{key}.to", entry, settings, source)


def _check_entry(key: str, entry: str, settings: Settings, source: str, *words: str) -> None:
    role = entry.removeprefix(ROLE) if entry.startswith(ROLE) else None
    if role is not None and role not in settings.roles():
        raise SettingsError(key, source, f"nobody in [[people]] has the role {role!r}")
    if role is None and entry not in (*words, *(person.id for person in settings.people)):
        known = "".join(f"{word}, " for word in words)
        raise SettingsError(key, source, f"{entry!r} is nobody; write {known}role:NAME or a person's id")


def _check_places(settings: Settings, source: str) -> None:
    """Every place that is named belongs to an account that is configured, and somebody can be told of trouble."""
    accounts = [f"{channel}:{one.account}" for channel, several in settings.channels.items() for one in several]

    def check(key: str, place: str) -> None:
        if not any(addresses.overlap(place, account) for account in accounts):
            known = ", ".join(accounts) or "none"
            raise SettingsError(key, source, f"{place} belongs to no account that is configured; there is {known}")

    for number, agent in enumerate(settings.agents):
        for pattern in agent.listen:
            check(f"agents[{number}].listen", pattern)
    for number, client in enumerate(settings.clients):
        for pattern in client.places:
            check(f"clients[{number}].places", pattern)
    for number, rule in enumerate(settings.policy):
        for name, targets in (("targets", rule.targets), *(("ladder", rung.targets) for rung in rule.ladder)):
            for target in targets:
                if target not in (PEOPLE, ORIGIN):
                    check(f"policy[{number}].{name}", target)
    if settings.ops.conversation is not None:
        _address("ops.conversation", settings.ops.conversation, source)
        check("ops.conversation", settings.ops.conversation)
    elif settings.agents and not any(
        addresses.overlap(identity, account)
        for person in settings.people
        if OWNER_ROLE in person.roles
        for identity in person.identities
        for account in accounts
    ):
        remedy = f"nobody with the role {OWNER_ROLE!r} has an account where trouble could be told; give one identities"
        raise SettingsError("people", source, remedy)


def _address(key: str, value: str, source: str) -> None:
    try:
        addresses.parse(value)
    except ValueError as error:
        raise SettingsError(key, source, str(error)) from None
