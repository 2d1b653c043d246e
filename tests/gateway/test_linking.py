"""
Accounts linked by a command or a one-time code.
"""

from __future__ import annotations

import asyncio

import pytest

from agent_core import events
from agent_core.addresses import Identity, Party
from agent_core.replies import ALPHABET
from agent_core.requests import Decision
from agent_core.wanted import Question
from gateway import linking
from gateway.commands import carry_out
from gateway.errors import Declined
from gateway.linking import CODE_LIFE, TRIES, digest, new_code
from gateway.store.rows import DAY, Link
from tests.gateway.agents import World, asker
from tests.gateway.house import OPS, PEOPLE, RITA, House, Make

CODE = "BCDF-GHJK"
SECOND = Identity("slack:T1/UANA2")


async def offer(house: House, code: str = CODE, person: str = "ana") -> None:
    await command(house, do="offer", person=person, code=digest(code))


async def command(house: House, **asked: str) -> int:
    return await carry_out(house.store, house.world.directory, asked, house.runtime)


def a_house(make: Make) -> House:
    world = World()
    return make(world.deployer(world.deploy()))


async def request_of(house: House) -> str:
    await house.write(RITA, "go")
    (row,) = await house.store.requests(status="open")
    return row.id


async def test_a_code_links_the_account_it_is_written_from(make: Make):
    """
    Written in a direct message it counts, once; the person, at their first account, and the owner are told.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write("UANA2", f"link {CODE}")
        assert ["Done: this account is Ana's now."] == house.texts("UANA2")
        assert "A new account is linked to you: slack:T1/UANA2." in house.texts("UANA")[-1]
        assert "Ana has linked an account with a one-time code: slack:T1/UANA2" == house.texts("UBEN")[-1]
        await house.write("UOTTO", f"link {CODE}")
        assert "I do not know that code" in house.texts("UOTTO")[-1]

        assert [(SECOND, "ana", "a code")] == [(k.identity, k.person, k.by) for k in await house.store.links()]
        assert [] == await house.store.threads()  # nobody's agent was started by it


@pytest.mark.parametrize("written", ["link bcdfghjk", "LINK  BCDF-GHJK", " link BCDFGHJK \n"])
async def test_a_code_is_read_however_it_is_written(make: Make, written: str):
    """
    Small letters, no dash and spaces around make no difference.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write("UANA2", written)

        assert [SECOND] == [link.identity for link in await house.store.links()]


@pytest.mark.parametrize("written", ["link me up", "please link BCDF-GHJK", "link BCDF-GHJ", "link AEIO-UAEI"])
async def test_what_is_no_code_is_said_to_the_agent(make: Make, written: str):
    """
    Anything that is not exactly a code is an ordinary message.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write("UANA2", written)

        assert 1 == len(await house.store.threads())


async def test_in_a_channel_a_code_does_not_count(make: Make):
    """
    Where others read it, a code links nothing.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write("UANA2", f"link {CODE}", at=OPS)

        assert [] == await house.store.links()


async def test_a_code_is_too_old_after_fifteen_minutes(make: Make):
    """
    Expired, it is not known any more.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.runtime.advance(CODE_LIFE + 1)
        await house.write("UANA2", f"link {CODE}")

        assert "I do not know that code" in house.texts("UANA2")[-1]
        assert [] == await house.store.links()


async def test_who_guesses_is_not_listened_to(make: Make):
    """
    After five wrong codes even the right one is not looked at for an hour, and that is said once.
    """
    async with a_house(make) as house:
        for number in range(TRIES):
            await house.write("UOTTO", f"link BBBB-BBB{ALPHABET[number]}")
        await offer(house)
        for _ in range(3):
            await house.write("UOTTO", f"link {CODE}")
        await house.runtime.advance(10)
        assert [] == await house.store.links()
        assert 1 == len([text for text in house.texts("UOTTO") if "too often" in text])
        assert TRIES == len([text for text in house.texts("UOTTO") if "do not know" in text])
        await house.runtime.advance(3_600)
        await offer(house)
        await house.write("UOTTO", f"link {CODE}")

        assert 1 == len(await house.store.links())


async def test_an_account_of_a_person_stays_theirs(make: Make):
    """
    A code written from somebody else's account is refused by name, and can still be used from the right one.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write(RITA, f"link {CODE}")
        assert "This account is Rita's" in house.texts(RITA)[-1]
        await house.write("UANA", f"link {CODE}")
        assert "This account is Ana's already." == house.texts("UANA")[-1]
        await house.write("UANA2", f"link {CODE}")

        assert [SECOND] == [link.identity for link in await house.store.links()]


async def test_a_linked_account_votes_as_its_person_at_once(make: Make):
    """
    What an unknown account may not decide, it may when it is linked; the vote names the person (G9).
    """
    async with a_house(make) as house:
        request = await request_of(house)
        await house.press("UANA2", request, Decision.APPROVE, at=OPS)
        assert ["open"] == [row.status for row in await house.store.requests()]
        assert 1 == await command(house, do="link", person="ana", identity=SECOND)
        await house.press("UANA2", request, Decision.APPROVE, at=OPS)
        (given,) = [e for e in await house.log() if isinstance(e, events.ResponseGiven)]

        assert (Party("ana"), SECOND) == (given.party, given.identity)


async def test_an_excluded_requester_is_excluded_under_a_linked_account(make: Make):
    """
    Who asked may not decide, also not from an account that was linked to them after they had asked (G9).
    """
    rita = PEOPLE[0].model_copy(update={"roles": ("release",)})
    world = World()
    async with make(world.deployer(world.deploy()), people=(rita, *PEOPLE[1:])) as house:
        request = await request_of(house)
        await command(house, do="link", person="rita", identity="slack:T1/URITA2")
        await house.press("URITA2", request, Decision.APPROVE, at=OPS)

        assert ["open"] == [row.status for row in await house.store.requests()]
        assert [] == world.deployed


async def test_links_outlive_a_restart_and_can_be_taken_away(make: Make):
    """
    A link is stored; unlinked, the account decides nothing any more.
    """
    async with a_house(make) as house:
        await command(house, do="link", person="ana", identity=SECOND)
    async with a_house(make) as house:
        assert "ana" == house.world.directory.party(SECOND)
        assert 1 == await command(house, do="unlink", identity=SECOND)
        assert 0 == await command(house, do="unlink", identity=SECOND)
        request = await request_of(house)
        await house.press("UANA2", request, Decision.APPROVE, at=OPS)

        assert ["open"] == [row.status for row in await house.store.requests()]
        assert Party(SECOND) == house.world.directory.party(SECOND)


async def test_of_a_link_and_its_end_at_once_what_is_stored_last_counts(make: Make, monkeypatch: pytest.MonkeyPatch):
    """
    An account is unlinked while the one who linked it has not gone on yet: it is nobody's, in memory too (G9).
    """
    async with a_house(make) as house:
        stored, link = asyncio.Event(), house.store.link

        async def slowly(wanted: Link) -> None:
            await link(wanted)
            await stored.wait()

        monkeypatch.setattr(house.store, "link", slowly)
        linked = asyncio.create_task(command(house, do="link", person="ana", identity=SECOND))
        await house.runtime.settle()
        unlinked = asyncio.create_task(command(house, do="unlink", identity=SECOND))
        await house.runtime.settle()
        stored.set()

        assert [1, 1] == [await linked, await unlinked]
        assert [] == await house.store.links()
        assert None is house.world.directory.person(SECOND)


async def test_a_code_that_is_written_twice_at_once_counts_once(make: Make):
    """
    Both messages are decided together: the first spends the code, the second does not know it, and all goes on.
    """
    async with a_house(make) as house:
        await offer(house)
        await house.write("UANA2", f"link {CODE}", settle=False)
        await house.write("UANA2", f"link {CODE}")

        assert "Done: this account is Ana's now." == house.texts("UANA2")[0]
        assert "I do not know that code" in house.texts("UANA2")[1]
        assert 1 == len(await house.store.links())


async def test_who_is_linked_while_they_are_asked_may_still_answer(make: Make):
    """
    A question was put to an account; whoever's it turns out to be answers it from there, and drops what they began.
    """
    async with make(asker(Question("Which?"), Question("And then?"))) as house:
        await house.write("UANA2", "go")
        await command(house, do="link", person="ana", identity=SECOND)
        await house.write("UANA2", "this one", under=house.card("UANA2").id)
        assert "heard: this one" in house.texts("UANA2")
        await house.write("UANA2", "drop")

        assert [("ended", "cancelled")] == await house.status()


async def test_what_cannot_be_linked_is_said(make: Make):
    """
    Somebody else's account and an unknown person are one sentence each; linking twice changes nothing.
    """
    async with a_house(make) as house:
        with pytest.raises(Declined, match="is rita's"):
            await command(house, do="link", person="ana", identity="slack:T1/URITA")
        with pytest.raises(Declined, match="there is no 'zoe'"):
            await command(house, do="link", person="zoe", identity=SECOND)
        assert [1, 0] == [await command(house, do="link", person="ana", identity=SECOND) for _ in range(2)]
        assert 1 == len(await house.store.links())


async def test_a_code_works_for_somebody_who_is_gone_no_more(make: Make):
    """
    A person who was taken out of the settings meanwhile gets no account.
    """
    async with make(World().deployer(World().deploy()), people=PEOPLE[2:]) as house:
        await offer(house)
        await house.write("UANA2", f"link {CODE}")

        assert [] == await house.store.links()


def test_codes_are_read_out_easily():
    """
    Two groups of four, of letters and digits that are not taken for each other; another token gives another code.
    """
    codes = {new_code(f"{number:032x}") for number in range(1000, 1100)}
    assert 100 == len(codes)
    assert all(linking.WRITTEN.fullmatch(f"link {code}") for code in codes)
    assert DAY > CODE_LIFE
