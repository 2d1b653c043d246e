"""
Asked in turn: of those who may decide only as many as it takes, whoever was asked longest ago. It is 22:13 UTC.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from agent_core import facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.events import RequestEscalated, RequestOpened
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Rung, Threshold, Where, Who
from agent_core.run import Run, agent
from agent_core.wanted import Question
from gateway.store.base import Fact
from tests.gateway.agents import Target, World, asker
from tests.gateway.house import OPS, OTTO, RITA, House, Make
from tests.gateway.test_editing import edit, editable
from tests.gateway.test_ladder import refuse
from tests.gateway.test_quiet import LONG, NIGHT

RITA_HERSELF = Person(id=Party("rita"), name="Rita", identities=(Identity("slack:T1/URITA"),))
NAMES = ("Ana", "Ben", "Cem", "Dana")


def people(*asleep: str, **roles: tuple[str, ...]) -> list[Person]:
    """Four who may decide, some of them asleep, some with other roles, and Rita, who asks."""
    named = [
        Person(
            id=Party(name.lower()),
            name=name,
            identities=(Identity(f"slack:T1/U{name.upper()}"),),
            roles=roles.get(name, ("release",)),
            quiet=NIGHT if name in asleep else (),
        )
        for name in NAMES
    ]
    return [*named, RITA_HERSELF]


def rule(*rungs: Rung, targets: tuple[str, ...] = ("people",), quorum: int = 1, **how: object) -> Rule:
    where = Where(targets=targets, in_turn=True, ladder=rungs)
    terms = {
        "tool": "deploy",
        "who": Who(roles=("release",), quorum=quorum),
        "where": where,
        "patience": 3_600.0,
        **how,
    }
    return Rule.model_validate(terms)


def cards(house: House) -> dict[str, int]:
    """How many cards each has been shown, where it is any."""
    counts = {name: len([s for s in house.seen(f"U{name.upper()}") if s.kind == "ask"]) for name in NAMES}
    return {name: count for name, count in counts.items() if count}


async def ask(house: House, by: str = RITA) -> list[str]:
    """Somebody asks, by a message at a root of its own; returns who was shown a card of that."""
    before = Counter(cards(house))
    await house.write(by, "go", at=f"slack:T1/C{by}", root=f"r{house.channel.next_number()}")
    return sorted((Counter(cards(house)) - before).elements())


async def test_each_has_their_turn(make: Make):
    """
    One is asked, whose turn it is; over many requests of several conversations all are asked equally often, in turn.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people()) as house:
        asked = [await ask(house, by) for _ in range(4) for by in (RITA, OTTO, "UELSE")]

        assert [[name] for name in NAMES] * 3 == asked
        assert dict.fromkeys(NAMES, 3) == cards(house)


async def test_the_others_may_decide_and_it_says_who_is_asked(make: Make):
    """
    Where it was asked Ana is named and nobody else; Ben, who is not asked, decides it in the channel.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(targets=("people", OPS)),), people=people()) as house:
        await house.write(RITA, "go")
        asked = "I have asked Ana. They have until 23:13 UTC. To drop it, write: drop"
        assert (asked, {"Ana": 1}) == (house.texts(RITA)[-1], cards(house))
        await house.write(RITA, "and?")
        assert (
            "I am still waiting for Ana; I will read your message next. To drop it, write: drop"
            == house.texts(RITA)[-1]
        )
        await house.press(OTTO, house.card(OPS).request, Decision.APPROVE, at=OPS)
        assert "Only Ana, Ben, Cem or Dana can decide this" in house.texts(OPS)[-1]
        await house.press("UBEN", house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_restart_takes_nobodys_turn(make: Make):
    """
    After a crash the next in turn is asked; who was asked before stands in the log, and is not chosen anew.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people()) as house:
        assert [["Ana"], ["Ben"]] == [await ask(house), await ask(house)]
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people()) as house:
        await house.runtime.settle()
        assert {"Ana": 1, "Ben": 1} == cards(house)
        assert [["Cem"], ["Dana"], ["Ana"]] == [await ask(house) for _ in range(3)]


async def test_who_comes_new_is_next(make: Make):
    """
    Whoever was never asked comes before all others.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people()[1:]) as house:
        assert [["Ben"], ["Cem"]] == [await ask(house), await ask(house)]
        house.world.directory.replace(people())

        assert [["Ana"], ["Dana"], ["Ben"]] == [await ask(house) for _ in range(3)]


async def test_as_many_are_asked_as_it_takes(make: Make):
    """
    A quorum of two asks two each time.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(quorum=2),), people=people()) as house:
        assert [["Ana", "Ben"], ["Cem", "Dana"], ["Ana", "Ben"]] == [await ask(house) for _ in range(3)]


async def test_of_each_threshold_as_many_as_it_takes(make: Make):
    """
    Two of release and one boss: these three are asked, the boss every time, as there is only one.
    """
    world = World()
    two = (Threshold(roles=("release",), approve=2), Threshold(roles=("boss",)))
    who = Who(roles=("release", "boss"), thresholds=two, need="all")
    known = [*people(Dana=("boss",)), Person(id=Party("eve"), name="Eve", roles=("release",))]  # Eve has no account
    async with make(world.deployer(world.deploy()), rules=(rule(who=who),), people=known) as house:
        asked = [["Ana", "Ben", "Dana"], ["Ana", "Cem", "Dana"], ["Ben", "Cem", "Dana"]]
        assert asked == [await ask(house) for _ in range(3)]


async def test_somebody_awake_comes_first(make: Make):
    """
    At night whoever is awake is asked, and who sleeps has their turn in the morning; where all sleep it waits.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people("Ana", "Ben")) as house:
        assert [["Cem"], ["Dana"], ["Cem"]] == [await ask(house) for _ in range(3)]
        await house.runtime.advance(LONG)
        assert [["Ana"], ["Ben"], ["Dana"]] == [await ask(house) for _ in range(3)]
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people(*NAMES)) as house:
        await house.runtime.advance(86_400 - LONG)
        await house.write(RITA, "go")
        assert house.texts(RITA)[-1].startswith("Cem has quiet hours, and is asked at 07:00 UTC")


async def test_who_is_not_reached_is_followed_by_the_next(make: Make):
    """
    Where a card reaches nobody the next in turn is asked at once, before the ladder, which goes on where none is left.
    """
    world = World()
    laddered = rule(Rung(after=900, targets=(OPS,)))
    async with make(world.deployer(world.deploy()), rules=(laddered,), people=people()) as house:
        house.channel.fault = refuse("UANA", "UBEN")
        await house.write(RITA, "go")
        assert {"Cem": 1} == cards(house)
        assert [
            "I could not reach Ana about “Approve deploy?”, so I am asking Ben.",
            "I could not reach Ben about “Approve deploy?”, so I am asking Cem.",
        ] == house.texts(RITA)[-2:]
        assert [None, None] == [e.rung for e in await house.log() if isinstance(e, RequestEscalated)]
        await house.press("UCEM", house.card("UCEM").request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed
        house.channel.fault = refuse(*(f"U{name.upper()}" for name in NAMES))
        await house.write(RITA, "go")

        assert [None, None, None, 0] == [e.rung for e in await house.log() if isinstance(e, RequestEscalated)][-4:]
        assert 1 == len(house.seen(OPS))


async def test_of_two_who_are_asked_one_is_replaced(make: Make):
    """
    Of a quorum only whoever is not reached is followed by another; where nobody is left it waits for the rest.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(quorum=3),), people=people()) as house:
        house.channel.fault = refuse("UBEN")
        assert ["Ana", "Cem", "Dana"] == await ask(house)
        house.channel.fault = refuse("UCEM", "UBEN")
        assert ["Ana", "Dana"] == await ask(house)


async def test_an_absence_has_the_next_asked(make: Make):
    """
    Whose robot answers that they are away is followed by the next in turn at once, and by nobody once it is claimed.
    """
    world = World()
    laddered = rule(Rung(after=900))
    async with make(world.deployer(world.deploy()), rules=(laddered,), people=people()) as house:
        await house.write(RITA, "go")
        request = house.card("UANA").request
        gone = facts.CopyFailed(request=request, place=ConversationKey("slack:T1/UANA"), reason="", away=True)
        await house.store.append(Fact(ConversationKey("slack:T1/URITA"), gone, ()))
        await house.runtime.settle()
        assert {"Ana": 1, "Ben": 1} == cards(house)
        assert "I could not reach Ana about “Approve deploy?”, so I am asking Ben." == house.texts(RITA)[-1]
        await house.press("UBEN", request, Decision.CLAIM)
        gone = gone.model_copy(update={"place": ConversationKey("slack:T1/UBEN")})
        await house.store.append(Fact(ConversationKey("slack:T1/URITA"), gone, ()))
        await house.runtime.settle()

        assert {"Ana": 1, "Ben": 1} == cards(house)


async def test_the_ladder_goes_on_as_it_is_written(make: Make):
    """
    A step that names nobody asks all others who may decide; whoever it asks has had their turn, too.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(Rung(after=900)),), people=people()) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(901)
        assert dict.fromkeys(NAMES, 1) == cards(house)
        assert "Nobody has decided “Approve deploy?” yet, so I am asking Ben, Cem or Dana too." == house.texts(RITA)[-1]
        await house.press("UBEN", house.card("UBEN").request, Decision.APPROVE)

        assert ["Ana"] == await ask(house)


async def test_who_is_asked_at_the_same_instant(make: Make):
    """
    Requests of several conversations that are decided in one moment, before any is stored, ask different people.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(rule(),), people=people()) as house:
        await asyncio.gather(*(house.write(f"U{n}", "go", settle=False) for n in range(8)))
        await house.runtime.settle()

        assert dict.fromkeys(NAMES, 2) == cards(house)


async def test_what_a_run_asks_at_once_is_one_turn(make: Make):
    """
    Calls of one run that differ in their arguments only stand on one card, which one person is shown.
    """
    world = World()
    tool = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.all(*(run.call(tool, Target(tag=tag)) for tag in ("v1", "v2", "v3")))

    async with make(bot, rules=(rule(),), people=people()) as house:
        await house.write(RITA, "go")
        assert {"Ana": 1} == cards(house)
        assert 3 == len([event for event in await house.log() if isinstance(event, RequestOpened)])
        assert [["Ben"], ["Cem"]] == [await ask(house), await ask(house)]


async def test_who_takes_it_over_has_had_their_turn(make: Make):
    """
    Whoever a request was handed on to was asked, as those who were chosen.
    """
    world = World()
    handed = rule(reassign=Who(roles=("release",)))
    async with make(world.deployer(world.deploy()), rules=(handed,), people=people()) as house:
        await house.write(RITA, "go")
        await house.write("UANA", "reassign to Ben")
        assert {"Ana": 1, "Ben": 1} == cards(house)

        assert [["Cem"], ["Dana"], ["Ana"], ["Ben"]] == [await ask(house) for _ in range(4)]


async def test_a_changed_call_asks_whoever_it_takes_besides(make: Make):
    """
    A changed call that more people decide asks the next in turn besides those who were asked; an equal one nobody.
    """
    world = World()
    more = rule(quorum=2, when={"tag": "v2"}, who=Who(roles=("release",), quorum=2))
    async with make(world.deployer(editable(world)), rules=(more, rule()), people=people()) as house:
        await house.write(RITA, "go")
        await edit(house, "UANA", house.card("UANA").request, tag="v2")
        assert {"Ana": 2, "Ben": 1} == cards(house)
        await house.press("UBEN", house.card("UBEN").request, Decision.APPROVE)

        assert [("production", "v2", 1)] == world.deployed


async def test_what_an_agent_asks_may_go_in_turn(make: Make):
    """
    A question is asked of one of a role, where its agent says so.
    """
    where = Where(targets=("people",), in_turn=True)
    async with make(asker(Question("Which?", to=Who(roles=("release",)), where=where)), people=people()) as house:
        assert [["Ana"], ["Ben"]] == [await ask(house), await ask(house)]
