"""
Who people are, and where they are reached.
"""

from __future__ import annotations

import pytest

from agent_core import hours
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import Person
from agent_core.requests import MOST_ADDRESSEES, Assurance, Who
from gateway.directory import Directory
from tests.agent_core.logs import a_request
from tests.runtime import NOON

ANA = Person(
    id=Party("ana"),
    name="Ana",
    identities=(Identity("sms:+1/+491"), Identity("slack:T1/UANA")),
    roles=("release",),
    timezone="Europe/Berlin",
)
BEN = Person(id=Party("ben"), name="Ben", identities=(Identity("slack:T1/UBEN"),), roles=("release", "owner"))
NOBODY = Person(id=Party("cem"), name="Cem", roles=("release",))


@pytest.fixture
def directory() -> Directory:
    return Directory([ANA, BEN, NOBODY], ["slack:T1"])


def test_an_identity_is_its_persons(directory: Directory):
    """
    Linked identities are one person; others stand for themselves.
    """
    assert "ana" == directory.party(Identity("slack:T1/UANA")) == directory.party(Identity("sms:+1/+491"))
    assert "slack:T2/UANA" == directory.party(Identity("slack:T2/UANA"))
    voter = directory.voter(Identity("slack:T1/UANA"), "ana_l", Assurance.HIGH)
    assert (True, "Ana", ("release",)) == (voter.known, voter.name, voter.roles)


def test_people_are_reached_where_a_channel_is_configured(directory: Directory):
    """
    The first identity on a configured account is the contact; without one there is none.
    """
    assert "slack:T1/UANA" == directory.contact(Party("ana"))
    assert directory.contact(Party("cem")) is None
    assert "slack:T1/UX" == directory.contact(Party("slack:T1/UX"))


@pytest.mark.parametrize(
    ("allowed", "identity", "outsider", "may"),
    [
        (["people"], "slack:T1/UANA", False, True),
        (["people"], "slack:T1/UX", False, False),
        (["anyone"], "slack:T1/UX", False, True),
        (["anyone"], "slack:T2/UX", True, False),
        (["anyone"], "slack:T1/UANA", True, True),
        (["role:owner"], "slack:T1/UANA", False, False),
        (["role:owner"], "slack:T1/UBEN", False, True),
        (["ana"], "slack:T1/UANA", False, True),
        ([], "slack:T1/UANA", False, False),
    ],
)
def test_who_may_start(directory: Directory, allowed: list[str], identity: str, outsider: bool, may: bool):
    """
    People, roles, single persons, anyone of the workspace; an outsider only as a person of the directory.
    """
    assert may == directory.may_start(allowed, Identity(identity), outsider=outsider)


def test_who_is_asked(directory: Directory):
    """
    Those who may decide and can be reached are asked, in the order of their names; all of them are named.
    """
    request = a_request(who=Who(roles=("release",)))

    assert ["slack:T1/UANA", "slack:T1/UBEN"] == directory.contacts(request, NOON)
    assert ["Ana", "Ben", "Cem"] == directory.names(request.who, None)


def test_at_most_five_are_asked():
    """
    A role with many people does not become a mass mailing.
    """
    many = [
        Person(id=Party(f"p{n}"), name=f"P{n}", identities=(Identity(f"slack:T1/U{n}"),), roles=("all",))
        for n in range(9)
    ]
    directory = Directory(many, ["slack:T1"])

    assert MOST_ADDRESSEES == len(directory.contacts(a_request(who=Who(roles=("all",))), NOON))


def test_a_requester_without_a_person_can_be_asked(directory: Directory):
    """
    A stranger who started a run answers questions as themselves, where they wrote.
    """
    stranger = Party("slack:T1/UX")
    request = a_request(who=Who(people=(stranger,)), requester=stranger, requester_name="Xaver")

    assert ["slack:T1/UX"] == directory.contacts(request, NOON)
    assert ["Xaver"] == directory.names(request.who, stranger, "Xaver")


def test_names_and_time_zones(directory: Directory):
    """
    People are named as in the directory, others by what is known; times are the reader's where there is one reader.
    """
    assert ["Ana", "slack name", "UX", ""] == [
        directory.name(Party("ana"), "x"),
        directory.name(Party("slack:T1/UX"), "slack name"),
        directory.name(Party("slack:T1/UX")),
        directory.name(None),
    ]
    zones = [directory.timezone(ConversationKey(key)) for key in ("slack:T1/UANA", "slack:T1/C1")]
    assert ["Europe/Berlin", "UTC"] == zones


def test_owners_are_reached(directory: Directory):
    """
    Trouble is told to those with the role owner.
    """
    assert ["slack:T1/UBEN"] == directory.owners()


def test_who_decides_in_somebodys_stead():
    """
    Their deputy, or where that one is away too the deputy's; nobody where it comes round to them.
    """
    gone = (hours.days("2023-11-14", "UTC"),)
    ana, ben = (
        one.model_copy(update={"away": gone, "deputy": Party(deputy)}) for one, deputy in ((ANA, "ben"), (BEN, "cem"))
    )
    tomorrow = NOON + 86_400

    assert NOBODY == Directory([ana, ben, NOBODY], []).deputy(ana, NOON)
    assert ben == Directory([ana, ben, NOBODY], []).deputy(ana, tomorrow)
    round_again = ben.model_copy(update={"deputy": Party("ana")})
    assert Directory([ana, round_again], []).deputy(ana, NOON) is None
    assert Directory([ANA], []).deputy(ANA, NOON) is None


def test_who_is_away_is_asked_at_last():
    """
    Of more people than are asked, those who are there come first.
    """
    gone = {"away": (hours.days("2023-11-14", "UTC"),)}
    many = [
        Person(id=Party(f"p{n}"), name=f"P{n}", identities=(Identity(f"slack:T1/U{n}"),), roles=("all",))
        for n in range(9)
    ]
    directory = Directory([one.model_copy(update=gone if n < 6 else {}) for n, one in enumerate(many)], ["slack:T1"])

    asked = directory.contacts(a_request(who=Who(roles=("all",))), NOON)
    assert [f"slack:T1/U{n}" for n in (6, 7, 8, 0, 1)] == asked
