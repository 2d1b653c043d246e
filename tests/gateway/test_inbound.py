"""
What something from a channel means: which request, which run, or nothing.
"""

from __future__ import annotations

import asyncio

import pytest

from adapters.base import Accepted, Duplicate, Inbound, Part, Receipt
from adapters.errors import RateLimited, Unreachable
from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance, Choice, Decision, Outcome, Where, Who
from agent_core.run import Run, agent
from agent_core.tools import tool
from agent_core.wanted import Question
from tests.gateway.agents import Target, World, asker, echo
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, RITA, House, Make
from tests.runtime import NOON, HandRuntime

# Which request -------------------------------------------------------------------------------------------------------


async def test_a_bare_word_decides_the_only_card(make: Make, runtime: HandRuntime):
    """
    "Approve", written in one's own conversation, counts when the card was there before and is the only one of the day.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "approve")

        assert 1 == len(world.deployed)


async def test_yes_but_is_a_question_back(make: Make, runtime: HandRuntime):
    """
    "Yes, but…" to the only card of a one-to-one chat is passed on; it is never an approval.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "yes but not before five")

        assert "Passed to Rita; still open." == house.texts(ANA)[-1]
        assert [] == world.deployed


async def test_a_word_that_crossed_the_prompt_decides_nothing(make: Make, runtime: HandRuntime):
    """
    What somebody sent before the card reached them settles nothing, though it arrives after it (G12).
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await runtime.advance(10)
        early = house.channel.message(f"slack:T1/{ANA}", ANA, "approve", 901)
        await runtime.advance(10)
        await house.write(RITA, "go")
        await house.gate.append(early)
        await runtime.settle()

        assert [] == world.deployed
        assert 2 == len(house.card(ANA).card.buttons)


async def test_with_two_cards_a_bare_word_brings_the_codes(make: Make, runtime: HandRuntime):
    """
    With two requests open nothing is decided by a bare word; the codes come back, and one of them decides.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go", at="slack:T1/CX", root="r1")
        await house.write(RITA, "go", at="slack:T1/CX", root="r2")
        await runtime.advance(1)
        await house.write(ANA, "yes")
        codes = [house.card(ANA, number).card.code for number in (0, 1)]
        assert (
            f"Which one do you mean? Begin your reply with its code:\n{codes[0]}  Approve deploy?"
            in house.texts(ANA)[-1]
        )
        assert codes[1] in house.texts(ANA)[-1]
        assert [] == world.deployed
        await house.write(ANA, f"{codes[1].lower()} approve")

        assert 1 == len(world.deployed)
        assert () == house.card(ANA, 1).card.buttons
        assert () != house.card(ANA, 0).card.buttons


async def test_another_card_within_a_day_makes_a_bare_word_ambiguous(make: Make, runtime: HandRuntime):
    """
    Though only one is open, a word may be meant for the one that was settled an hour ago.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press(BEN, house.card(BEN).request, Decision.DENY)
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "approve")
        assert [] == world.deployed
        assert "Which one do you mean?" in house.texts(ANA)[-1]
        await house.write(ANA, "approve", under=house.card(ANA).id)

        assert 1 == len(world.deployed)


async def test_a_reply_under_a_settled_card_is_late(make: Make):
    """
    A word under a card names it, for ever: an old one gets "already…", and the open one is not touched.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        old = house.card(ANA)
        await house.press(BEN, old.request, Decision.DENY)
        await house.write(RITA, "go")
        await house.write(ANA, "approve", under=old.id)

        assert "Already denied by Ben on Slack at 22:13 UTC. Your answer changed nothing." == house.texts(ANA)[-1]
        assert [] == world.deployed


@pytest.mark.parametrize("coded", [False, True])
async def test_a_late_reply_is_told_so_where_nothing_of_it_is_in_memory(make: Make, coded: bool):
    """
    After a restart too, who answers under a settled card, or with its code, hears how it ended (G10).
    """
    bot = asker(Question("Which one?"))
    async with make(bot) as house:
        await house.write(RITA, "start")
        card = house.card(RITA)
        code = card.card.code if card.card is not None else ""
        await house.write(RITA, "the first", under=card.id)
    async with make(bot) as house:
        await house.write(RITA, f"{code} the second" if coded else "the second", under="" if coded else card.id)

        assert "Already answered by Rita on Slack at 22:13 UTC. Your answer changed nothing." == house.texts(RITA)[-1]
        assert "ResponseRefused" in await house.names()


async def test_a_text_waits_for_a_card_in_flight_and_buttons_do_not(make: Make, runtime: HandRuntime):
    """
    While nobody knows whether the card was sent, texts wait in order; a press is decided at once.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        house.channel.lost.append("ask")
        await house.write(RITA, "go")
        await house.write(ANA, "approve")
        await house.write(ANA, "second")
        assert 2 == await house.undecided(ANA)
        assert [] == world.deployed
        await runtime.advance(3)  # looked for, and found

        assert 0 == await house.undecided(ANA)
        # The text was sent in the same second as the card was accepted, so it does not count; a press does.
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert 1 == len(world.deployed)


@pytest.mark.parametrize("place", [f"slack:T1/{ANA}", OPS], ids=["direct", "channel"])
async def test_a_reply_under_a_card_in_flight_is_an_answer(make: Make, runtime: HandRuntime, place: str):
    """
    Killed before the receipt of a card was noted, nobody knows which message it has become while the vendor cannot be
    asked: what somebody writes under a message that nobody knows waits for that, and is no new message to an agent.
    """
    world = World()

    async def unreachable(part: Part) -> Receipt | None:
        raise Unreachable("no route to host")

    async with make(world.deployer(world.deploy())) as house:
        house.channel.lost += ["ask"] * 3
        await house.write(RITA, "go")
    find, house.channel.find = house.channel.find, unreachable  # type: ignore[method-assign]
    async with make(world.deployer(world.deploy())) as house:
        await runtime.advance(20)
        await house.write(ANA, "approve", at=place, under=house.card(place).id)
        assert 1 == len(await house.store.threads())
        house.channel.find = find  # type: ignore[method-assign]
        await runtime.advance(60)

        assert [("production", "v1", 1)] == world.deployed
        assert 1 == len(await house.store.threads())


async def test_a_press_is_decided_while_texts_wait(make: Make):
    """
    A button names its request and proves that it was seen.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        house.channel.lost.append("ask")
        await house.write(RITA, "go")
        await house.write(ANA, "hello?")
        assert 1 == await house.undecided(ANA)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert 1 == len(world.deployed)
        assert 0 == await house.undecided(ANA)  # nothing is open any more that the text could have meant


async def test_waiting_texts_survive_a_restart(make: Make, runtime: HandRuntime):
    """
    A text that waits for a card's fate is decided after a restart, once.
    """
    async with make(asker(Question("Which?"))) as house:
        house.channel.lost.append("ask")
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(RITA, "this one")
        assert 1 == await house.undecided()
    async with make(asker(Question("Which?"))) as house:
        await runtime.advance(61)

        assert 0 == await house.undecided()
        assert ["heard: this one"] == [text for text in house.texts(RITA) if text.startswith("heard")]


async def test_a_card_that_is_refused_does_not_hold_texts_up(make: Make, runtime: HandRuntime):
    """
    A card in back-off was surely not seen: a word is a word to the agent, not to the card.
    """
    world = World()

    def limited(part: Part) -> None:
        if part.kind == "ask":
            raise RateLimited("slow down", retry_after=30)

    async with make(world.deployer(world.deploy()), start=("people",)) as house:
        house.channel.fault = limited
        await house.write(RITA, "go")
        await house.write(ANA, "approve")

        assert 0 == await house.undecided(ANA)
        assert [] == world.deployed


async def test_an_unknown_request_is_said_to_be_gone(make: Make):
    """
    A press on something we never heard of gets an answer, not an error.
    """
    async with make(echo) as house:
        await house.press(ANA, "nothing", Decision.APPROVE)

        assert ["I do not know this request any more."] == house.texts(ANA)


async def test_a_redelivered_fact_is_applied_once(make: Make, runtime: HandRuntime):
    """
    The vendor's redelivery is a duplicate (G2).
    """
    async with make(echo) as house:
        inbound = house.channel.message(f"slack:T1/{RITA}", RITA, "go", 902)
        await house.gate.append(inbound)
        assert isinstance(await house.gate.append(inbound), Duplicate)
        await runtime.settle()

        assert 1 == (await house.names()).count("RunStarted")


# Which run -----------------------------------------------------------------------------------------------------------


async def test_a_message_starts_a_run_and_the_next_speaks_to_it(make: Make):
    """
    The first message starts, later ones are received, in order.
    """
    async with make(echo) as house:
        await house.write(RITA, "start")
        await house.write(RITA, "one")
        await house.write(RITA, "two")

        assert ["Rita said: one", "Rita said: two"] == house.texts(RITA)


async def test_messages_that_nobody_received_start_the_next_run(make: Make):
    """
    What is left in the inbox when a run ends begins the next one, in the same commit.
    """
    async with make(echo) as house:
        await house.write(RITA, "start")
        await house.write(RITA, "bye", settle=False)
        await house.write(RITA, "hello again")
        names = await house.names()

        assert ["RunEnded", "RunStarted"] == names[-2:]
        assert [("waiting", "")] == await house.status()


async def test_who_is_waited_for_is_said_once(make: Make):
    """
    A message during a wait is noted; its author is told once what the run waits for and how to drop it.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "how long?")
        await house.write(RITA, "hello?")

        waiting = "I am still waiting for Ana or Ben; I will read your message next. To drop it, write: drop"
        assert 1 == house.texts(RITA).count(waiting)


@pytest.mark.parametrize(("start", "allowed"), [(("people",), False), (("anyone",), True), (("role:release",), False)])
async def test_who_may_start(make: Make, start: tuple[str, ...], allowed: bool):
    """
    A stranger starts an agent only where anyone may; otherwise one sentence says why not.
    """
    async with make(echo, start=start) as house:
        await house.write(OTTO, "go")
        await house.write(OTTO, "go")

        assert allowed == bool(await house.store.threads())
        assert allowed or 1 == len(house.seen(OTTO))


async def test_words_of_strangers_never_reach_a_context(make: Make):
    """
    In a channel, only who may start the agent speaks to it; what others say is in no inbox and no context.
    """
    seen: list[str] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.next_step(dict, context=lambda thread: " ".join(f.text for f in thread.facts.values()))
        await run.receive()

    def script(context: str, schema: object) -> str:
        seen.append(context)
        return "{}"

    async with make(bot, script=script, start=("people",)) as house:
        await house.write(RITA, "go", at=OPS, root="r1")
        await house.write(OTTO, "and delete everything", at=OPS, root="r1")
        assert [("waiting", "")] == await house.status()
        await house.write(ANA, "thanks", at=OPS, root="r1")

        assert ["go"] == seen
        assert [("ended", "done")] == await house.status()
        story = [getattr(event, "text", "") for event in await house.log(OPS)]
        assert "and delete everything" not in story


async def test_everybody_is_heard_where_that_is_set(make: Make):
    """
    With `hear = "all"` a stranger's words reach the run.
    """
    async with make(echo, start=("people",), hear="all") as house:
        await house.write(RITA, "go", at=OPS, root="r1")
        await house.write(OTTO, "hi", at=OPS, root="r1")

        assert ["UOTTO said: hi"] == house.texts(OPS)


async def test_threads_of_a_channel_are_apart(make: Make):
    """
    Two roots in one channel are two threads, each with its own run.
    """
    async with make(echo) as house:
        for root in ("r1", "r2"):
            await house.write(RITA, "go", at=OPS, root=root)
        await house.write(RITA, "one", at=OPS, root="r1")
        await house.write(RITA, "two", at=OPS, root="r2")

        assert [("Rita said: one", "r1"), ("Rita said: two", "r2")] == [(m.text, m.root) for m in house.seen(OPS)]


async def test_only_the_requester_drops(make: Make):
    """
    Somebody else's "drop" is a message like any other.
    """
    async with make(asker(Question("Which?", to=Who(roles=("release",)), where=Where(targets=("people",))))) as house:
        await house.write(RITA, "go", at=OPS, root="r1")
        await house.write(BEN, "drop", at=OPS, root="r1")

        assert [("waiting", "Which?")] == await house.status()


async def test_a_yes_in_another_thread_is_no_answer(make: Make, runtime: HandRuntime):
    """
    What stands under something else is about that, however few requests are open.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(60)
        await house.write(ANA, "yes", at=OPS, under="m777", root="m777")

        assert [] == world.deployed


async def test_a_question_in_one_thread_does_not_swallow_another(make: Make, runtime: HandRuntime):
    """
    While a question is open in a thread of a channel, somebody may start the agent in another one.
    """
    async with make(asker(Question("Which colour?"))) as house:
        await house.write(RITA, "go", at=OPS, root="a")
        await runtime.advance(10)
        await house.write(RITA, "@bot deploy v2 please", at=OPS, root="b")

        assert ["a", "b"] == sorted(row.root for row in await house.store.threads())


async def test_what_an_approver_says_in_a_cards_thread_is_a_question_back(make: Make, runtime: HandRuntime):
    """
    Where a card stands in its run's thread, words of those who may decide are passed on; the requester's are not.
    """
    world = World()
    here = GUARD.model_copy(update={"where": Where(targets=("origin",))})
    async with make(world.deployer(world.deploy()), rules=(here,)) as house:
        await house.write(RITA, "go", at=OPS, root="r")
        await runtime.advance(10)
        await house.write(ANA, "not before five please", at=OPS, root="r", under="r")
        await house.write(RITA, "and another thing", at=OPS, root="r", under="r")
        names = await house.names(OPS)

        assert 1 == names.count("QuestionAsked")
        assert [] == world.deployed


async def test_what_others_wrote_begins_a_run_of_theirs(make: Make):
    """
    Nobody approves what they asked for by writing it into somebody else's run.
    """
    go = asyncio.Event()

    @tool(read_only=True)
    async def look(arguments: Target) -> str:
        await go.wait()
        return "x"

    world = World()
    deploy = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await (run.call(look, Target()) if run.asked == "look" else run.call(deploy, Target()))

    async with make(bot) as house:
        await house.write(RITA, "look", at=OPS, root="r")
        await house.write(ANA, "deploy", at=OPS, root="r")
        go.set()
        await house.runtime.settle()

        assert [] == [message for message in house.seen(ANA) if message.kind == "ask"]
        assert "Asked by Ana" in house.card(BEN).card.asker


async def test_dropping_a_run_keeps_what_others_wrote(make: Make):
    """
    The requester drops their own run; somebody else's words begin the next.
    """
    heard: list[str] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        heard.append(run.asked)
        await run.request_human(Question("Which?"))

    async with make(bot) as house:
        await house.write(RITA, "look", at=OPS, root="r")
        await house.write(BEN, "and then deploy v2", at=OPS, root="r")
        await house.write(RITA, "drop", at=OPS, root="r")

        assert "and then deploy v2" == heard[-1]


async def test_a_reply_to_nothing_is_not_sent(make: Make):
    """
    An empty reply is recorded and makes no message: no channel takes one.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.reply(" ")

    async with make(bot) as house:
        await house.write(RITA, "go")

        assert "Replied" in await house.names()
        assert [] == await house.store.deliveries()


# By a command --------------------------------------------------------------------------------------------------------


async def command(house: House, user: str, text: str) -> None:
    """What somebody says by a slash command: in their own conversation, without an id or a time of the vendor's."""
    fact = facts.MessageReceived(
        sender=Identity(f"slack:T1/{user}"),
        sender_name=user,
        assurance=Assurance.HIGH,
        direct=True,
        sent_at=house.runtime.now(),
        text=text,
        mentions_us=True,
    )
    await house.gate.append(Inbound(ConversationKey(f"slack:T1/{user}"), fact, (f"trigger/{text}",)))
    await house.runtime.settle()


async def test_a_command_speaks_to_the_agent_in_the_direct_messages(make: Make):
    """
    It starts a run there, and is answered there.
    """
    async with make(echo) as house:
        await command(house, RITA, "start")
        await command(house, RITA, "hello")

        assert ["Rita said: hello"] == [text for text in house.texts(RITA) if "said" in text]


async def test_a_bare_word_by_a_command_decides_nothing(make: Make, runtime: HandRuntime):
    """
    A command has no time by which it could be shown that the card was there before (G12): the code comes back, and by
    its code it counts.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await command(house, ANA, "approve")
        assert [] == world.deployed
        code = house.card(ANA).card.code
        assert f"Begin your reply with its code:\n{code}  Approve deploy?" in house.texts(ANA)[-1]
        await command(house, ANA, f"{code} approve")

        assert 1 == len(world.deployed)


# Forged presses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_id",
    ["nothing", "", "x" * 2_000, "\x00\x1b[2J", "caf\ud83d", "../../etc/passwd", "' OR 1=1 --", "<!channel>"],
)
async def test_a_press_for_a_request_that_is_not_here(make: Make, request_id: str):
    """
    Whatever a forged value names is not known, is said so in a line, and leaves the request that is open as it was.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press(ANA, request_id, Decision.APPROVE)
        assert "I do not know this request any more." == house.texts(ANA)[-1]
        assert [] == world.deployed
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert 1 == len(world.deployed)
        assert not house.owner.stuck


async def test_a_press_in_a_conversation_that_was_not_asked(make: Make):
    """
    A request counts where it is shown: its id, pressed from elsewhere, decides nothing, whoever presses.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE, at="slack:T1/CELSEWHERE")

        assert [] == world.deployed
        assert ["I do not know this request any more."] == house.texts("slack:T1/CELSEWHERE")


@pytest.mark.parametrize("value", ["mars", "", "4", "\x00", "x" * 2_000])
async def test_a_choice_that_was_never_offered(make: Make, value: str):
    """
    A value out of the range is told the choices, and the question stays open.
    """
    choices = (Choice(name="eu", label="Europe"), Choice(name="us", label="America"))
    async with make(asker(Question("Where?", choices))) as house:
        await house.write(RITA, "go")
        await house.press(RITA, house.card(RITA).request, Decision.ANSWER, value=value)
        assert "That is not one of the choices: Europe, America." == house.texts(RITA)[-1]
        await house.press(RITA, house.card(RITA).request, Decision.ANSWER, value="us")

        assert "heard: us" == house.texts(RITA)[-1]


async def test_a_decision_that_was_not_offered(make: Make):
    """
    "It did run" for a call that never began is not one of the answers.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.DID_RUN)

        assert house.texts(ANA)[-1].startswith("That is not one of the answers here.")
        assert [] == world.deployed


async def test_two_press_at_the_same_instant(make: Make):
    """
    The first in the log wins; the other is told by whom and when, and the tool starts once.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        presses = [
            house.channel.press(f"slack:T1/{user}", user, house.card(user).request, decision, number)
            for number, (user, decision) in enumerate(((ANA, Decision.APPROVE), (BEN, Decision.DENY)), start=500)
        ]
        await asyncio.gather(*map(house.gate.append, presses))
        await house.runtime.settle()

        outcomes = [event for event in await house.log() if isinstance(event, events.RequestSettled)]
        refused = [event for event in await house.log() if isinstance(event, events.ResponseRefused)]
        assert (1, 1) == (len(outcomes), len(refused))
        assert "late" == refused[0].reason
        assert len(world.deployed) == (outcomes[0].settlement.outcome is Outcome.APPROVED)
        loser = BEN if outcomes[0].settlement.name == "Ana" else ANA
        assert house.texts(loser)[-1].startswith("Already ")


# Edits and deletions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [facts.MessageEdited, facts.MessageDeleted])
async def test_what_was_said_stays_as_it_was_read(
    make: Make, runtime: HandRuntime, kind: type[facts.MessageEdited | facts.MessageDeleted]
):
    """
    An approval that is edited into a denial, or taken back, stays an approval; the log shows what was done to it.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "approve")
        assert 1 == len(world.deployed)
        changed = kind.model_validate(
            {"sender": f"slack:T1/{ANA}", "message_id": "m2", "direct": True, "sent_at": runtime.now(), "text": "deny"}
            if kind is facts.MessageEdited
            else {"sender": f"slack:T1/{ANA}", "message_id": "m2", "direct": True, "sent_at": runtime.now()}
        )
        before = (house.texts(ANA), await house.status())
        answer = await house.gate.append(Inbound(ConversationKey(f"slack:T1/{ANA}"), changed, ("edit/1",)))
        await runtime.settle()

        assert isinstance(answer, Accepted)
        assert before == (house.texts(ANA), await house.status())
        assert 1 == len(world.deployed)
        assert 0 == await house.undecided(ANA)


async def test_a_message_that_is_edited_before_it_is_read(make: Make):
    """
    An edit of what waits for a run is evidence too: the run reads what was written first.
    """
    async with make(echo) as house:
        edit = facts.MessageEdited(
            sender=Identity(f"slack:T1/{RITA}"), message_id="m2", direct=True, sent_at=NOON, text="changed"
        )
        await house.write(RITA, "start")
        await house.write(RITA, "first", settle=False)
        await house.gate.append(Inbound(ConversationKey(f"slack:T1/{RITA}"), edit, ("edit/1",)))
        await house.runtime.settle()

        assert "Rita said: first" == house.texts(RITA)[-1]
