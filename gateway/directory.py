"""
Who people are: which person an identity belongs to, who has a role, who may start an agent, where somebody is reached.

Identities are linked by an administrator, in the settings or by a command, or by a one-time code; never by equal names
or addresses. What is decided from now on looks at the links of now; what was decided says whom it took somebody for. So
it is with the roles that people have by a channel's groups (`groups.py`), beside those that the settings give them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

from agent_core import addresses, hours, policy
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import ROLE, Person
from agent_core.requests import MOST_ADDRESSEES, OWNER_ROLE, Assurance, Request, Who
from agent_core.rulings import Vote, Voter, objection
from gateway.groups import Groups

PEOPLE, ANYONE = "people", "anyone"


class Directory:
    """
    The people.

    Args:
        channels: The accounts that are configured, as `channel:account`; nobody is reached elsewhere.
        groups: Who is in the groups that give roles.

    Attributes:
        linking: Is held from before a link is stored or taken away until that counts here too; of two at once the one
            that is stored last would otherwise not always be the one that counts.
    """

    def __init__(self, people: Iterable[Person], channels: Collection[str], groups: Groups | None = None) -> None:
        self._people = {person.id: person for person in people}
        self._by_identity = {identity: person for person in self._people.values() for identity in person.identities}
        self._channels, self._groups = frozenset(channels), groups
        self.linking = asyncio.Lock()

    def replace(self, people: Iterable[Person]) -> None:
        """Know these people from now on, and no others; accounts that were linked have to be linked again."""
        fresh = Directory(people, self._channels)
        self._people, self._by_identity = fresh._people, fresh._by_identity

    def person(self, identity: Identity) -> Person | None:
        """Find whose identity this is."""
        person = self._by_identity.get(identity)
        return self._with_groups(person) if person is not None else None

    def of(self, party: Party | None) -> Person | None:
        """Find a person by id."""
        person = self._people.get(party) if party is not None else None
        return self._with_groups(person) if person is not None else None

    def _with_groups(self, person: Person) -> Person:
        """Give a person with the roles that they have by groups now."""
        by_group = self._groups.roles(person.identities) if self._groups is not None else frozenset()
        more = by_group.difference(person.roles)
        return person.model_copy(update={"roles": (*person.roles, *sorted(more))}) if more else person

    def unread(self, who: Who) -> list[str]:
        """Give the roles of which it is not known who has them by a group, where a request names them."""
        return sorted(who.all_roles & self._groups.unread()) if self._groups is not None else []

    def called(self, name: str, by: Identity) -> Person | None:
        """
        Find whom somebody means.

        Args:
            name: An id, a name or a first name, an account, or a mention on the account of `by`, who writes it.

        Returns:
            None where it is nobody, or several.
        """
        name = name.strip(" \t\r\n.,!").removeprefix("@")
        account = by.partition("/")[0]
        known = self.of(Party(name)) or self.person(Identity(name))
        known = known or self.person(Identity(f"{account}/{name}"))
        if known is not None:
            return known
        wanted = name.casefold()
        named = [p for p in self.people() if wanted in (p.name.casefold(), p.name.casefold().split(" ")[0])]
        return named[0] if len(named) == 1 else None

    def link(self, identity: Identity, party: Party) -> bool:
        """
        Count an account as a person's from now on.

        Returns:
            False where there is no such person, or the account is somebody else's.
        """
        person, owner = self._people.get(party), self._by_identity.get(identity)
        if person is None or owner is not None:
            return person is not None and person is owner
        self._put(person.model_copy(update={"identities": (*person.identities, identity)}))
        return True

    def unlink(self, identity: Identity) -> None:
        """Count an account as nobody's from now on."""
        person = self._by_identity.pop(identity, None)
        if person is not None:
            kept = tuple(one for one in person.identities if one != identity)
            self._put(person.model_copy(update={"identities": kept}))

    def _put(self, person: Person) -> None:
        self._people[person.id] = person
        self._by_identity.update(dict.fromkeys(person.identities, person))

    def people(self) -> list[Person]:
        """Give everybody, by name."""
        return sorted(map(self._with_groups, self._people.values()), key=lambda person: person.name)

    def voter(self, identity: Identity, name: str, assurance: Assurance) -> Voter:
        """See an identity as somebody who answers."""
        return policy.voter(identity, self.person(identity), name, assurance)

    def party(self, identity: Identity) -> Party:
        """Say which human being an identity counts as."""
        person = self.person(identity)
        return person.id if person is not None else Party(identity)

    def present(self, party: Party | None) -> Party | None:
        """Say who a party is by now: an account may have been linked to a person since."""
        return self.party(Identity(party)) if party is not None and ":" in party else party

    def name(self, party: Party | None, otherwise: str = "") -> str:
        """Name a party as others know them."""
        person = self._people.get(party) if party is not None else None
        if person is not None or party is None:
            return person.name if person is not None else otherwise
        return otherwise or party.rpartition("/")[2]

    def roles(self, party: Party | None) -> tuple[str, ...]:
        """Give the roles of a party; somebody who is no person has none."""
        person = self.of(party)
        return person.roles if person is not None else ()

    def accounts_of(self, party: Party | None) -> tuple[Identity, ...]:
        """Give the accounts of a party that is a person."""
        person = self._people.get(party) if party is not None else None
        return person.identities if person is not None else ()

    def timezone(self, reader: ConversationKey | Identity) -> str:
        """Tell in which time zone somebody lives, or the reader of a one-to-one conversation; UTC where many read."""
        person = self._by_identity.get(Identity(reader))
        return person.timezone if person is not None else "UTC"

    def quiet_until(self, conversation: ConversationKey, at: float) -> float | None:
        """Tell until when whoever has a one-to-one conversation has quiet hours; None where they have none now."""
        person = self._by_identity.get(Identity(conversation))
        over = hours.over(person.quiet, at) if person is not None else None
        return over if over is not None and over > at else None

    def away(self, at: float) -> list[Person]:
        """Give those who are away, by name."""
        gone = [person for person in self._people.values() if hours.back(person.away, at) is not None]
        return sorted(map(self._with_groups, gone), key=lambda person: person.name)

    def away_until(self, conversation: ConversationKey, at: float) -> float | None:
        """Tell until when whoever has a one-to-one conversation is away; None where they are not away now."""
        person = self._by_identity.get(Identity(conversation))
        return hours.back(person.away, at) if person is not None else None

    def deputy(self, person: Person, at: float) -> Person | None:
        """Find who decides in somebody's stead: their deputy, or, where that one is away too, the deputy's."""
        passed = {person.id}
        while (found := self.of(person.deputy)) is not None and found.id not in passed:
            if hours.back(found.away, at) is None:
                return found
            passed.add(found.id)
            person = found
        return None

    def digest(self, conversation: ConversationKey) -> tuple[hours.Time, ...]:
        """Tell when whoever has a one-to-one conversation is shown what can wait; none where it is shown at once."""
        person = self._by_identity.get(Identity(conversation))
        return person.digest if person is not None else ()

    def language(self, reader: ConversationKey | Identity) -> str:
        """Tell in which language somebody reads, or the reader of a one-to-one conversation; empty: the gateway's."""
        person = self._by_identity.get(Identity(reader))
        return person.language if person is not None else ""

    def waiting(
        self, places: Mapping[ConversationKey, float], away: Collection[ConversationKey] = ()
    ) -> list[tuple[str, float, bool]]:
        """Name those whose conversations wait, with until when they do, and whether that is since they are `away`."""
        people = [(self.person(Identity(place)), at, place in away) for place, at in places.items()]
        return sorted((person.name, at, gone) for person, at, gone in people if person is not None)

    def may_start(self, allowed: Sequence[str], identity: Identity, *, outsider: bool) -> bool:
        """
        Say whether somebody may start an agent.

        Args:
            allowed: As in the setting `start` of `[[agents]]`.
            outsider: A guest, or a member of another organisation: only a person of the directory may.
        """
        person = self.person(identity)
        if person is None:
            return ANYONE in allowed and not outsider
        return any(
            entry in (PEOPLE, ANYONE, person.id)
            or (entry.startswith(ROLE) and entry.removeprefix(ROLE) in person.roles)
            for entry in allowed
        )

    def eligible(self, who: Who, requester: Party | None) -> list[Person]:
        """Give the people who may decide, by name; what their channel is worth is judged when they do."""
        people = map(self._with_groups, self._people.values())
        return sorted(policy.eligible(who, self.present(requester), people), key=lambda person: person.name)

    def standing(self, request: Request, votes: Iterable[Vote]) -> tuple[Vote, ...]:
        """Give the votes that count now: of people who may still decide, by accounts still theirs, in roles of now."""
        return tuple(kept for vote in votes if (kept := self._as_of_now(request, vote)) is not None)

    def _as_of_now(self, request: Request, vote: Vote) -> Vote | None:
        person = self.of(vote.party)
        if self.party(vote.identity) != vote.party:
            return None  # a person who was removed meanwhile, or by an account that is not theirs any more
        voter = policy.voter(vote.identity, person, vote.name, Assurance.HIGH)
        objected = objection(request.who, self.present(request.requester), voter) is not None
        return None if objected else vote.model_copy(update={"roles": voter.roles})

    def contact(self, party: Party) -> ConversationKey | None:
        """Say where somebody is reached first; a party that is no person is reached where they wrote."""
        person = self._people.get(party)
        identities = person.identities if person is not None else (Identity(party),)
        return next((addresses.one_to_one(i) for i in identities if self.reachable(ConversationKey(i))), None)

    def reachable(self, conversation: ConversationKey) -> bool:
        """Tell whether a conversation is on an account that is configured."""
        return conversation.partition("/")[0] in self._channels

    def accounts(self, channel: str) -> list[str]:
        """Give the accounts of a channel that are configured."""
        return sorted(account for account in self._channels if addresses.covers(channel, account))

    def contacts(self, request: Request, at: float) -> list[ConversationKey]:
        """Say where those who may decide a request are reached, at most five of them, who is away at last."""
        people = self.eligible(request.who, request.requester)
        parties = [person.id for person in sorted(people, key=lambda one: hours.back(one.away, at) is not None)]
        parties += [party for party in request.who.people if party not in self._people and ":" in party]
        found = [place for party in parties if (place := self.contact(party)) is not None]
        return found[:MOST_ADDRESSEES]

    def next_contacts(self, request: Request) -> list[ConversationKey]:
        """Say where those who may decide a request are reached next, who were asked at their first accounts before."""
        found = []
        for person in self.eligible(request.who, request.requester):
            place = self._not_asked_yet(request, person)
            found += [place] if place is not None else []
        return found[:MOST_ADDRESSEES]

    def next_contact(self, request: Request, place: ConversationKey) -> ConversationKey | None:
        """Say where the one who has a conversation, and may decide a request, is reached when they are not there."""
        person = self.person(Identity(place))
        if person is None or person not in self.eligible(request.who, request.requester):
            return None
        return self._not_asked_yet(request, person)

    def _not_asked_yet(self, request: Request, person: Person) -> ConversationKey | None:
        accounts = map(addresses.one_to_one, person.identities)
        return next((one for one in accounts if one not in request.places and self.reachable(one)), None)

    def names(self, who: Who, requester: Party | None, requester_name: str = "") -> list[str]:
        """Name those who may decide."""
        named = [person.name for person in self.eligible(who, requester)]
        strangers = [party for party in who.people if party not in self._people]
        return named + [requester_name or party for party in strangers if party == requester]

    def asked(self, request: Request) -> list[str]:
        """Name those who are asked: all who may decide; in turn those of them who were asked in their own place."""
        names = self.names(request.who, request.requester, request.requester_name)
        if not request.where.in_turn:
            return names
        own = {person.id for place in request.places if (person := self.person(Identity(place)))}
        return [p.name for p in self.eligible(request.who, request.requester) if p.id in own] or names

    def owners(self) -> list[ConversationKey]:
        """Say where the people with the role owner are reached."""
        people = [person for person in map(self._with_groups, self._people.values()) if OWNER_ROLE in person.roles]
        return [place for person in people if (place := self.contact(person.id)) is not None]

    def not_asked(self, who: Who, voter: Voter) -> str:
        """Say why somebody is not asked, as a key of the catalogue: it may be that their groups cannot be read."""
        return "group_unread" if voter.known and self.unread(who) else "not_asked"

    def may_answer(self, who: Who, requester: Party | None, voter: Voter) -> bool:
        """Tell whether somebody may answer a request of which only this much is known."""
        return objection(who, self.present(requester), voter) is None
