"""
An agent driven against its log: operations, keys, results, limits.
"""

from __future__ import annotations

from typing import Any, Literal

import pytest

from agent_core import effects, events
from agent_core.drive import Progress
from agent_core.errors import Stopped
from agent_core.log import Record
from agent_core.requests import Outcome
from agent_core.results import Approved, Denied, Failed, Message, Ok, QuestionBack
from agent_core.run import AGENT_STEPS, ERRORS_IN_A_ROW, RUN_STEPS, Run, advance, agent, step
from agent_core.thread import Thread
from agent_core.wanted import Approval, Question
from tests.agent_core.agents import Add, Number, Step, add, an_agent, look, plain
from tests.agent_core.logs import ANA, HOME, NOON, RITA, Log, ended_with, keys, wanted

# Operations ----------------------------------------------------------------------------------------------------------


def test_words_that_began_the_run_are_at_hand():
    """
    `run.asked` is what people wrote to begin the run, live and at replay.
    """
    seen: list[str] = []

    async def bot(run: Run) -> None:
        seen.append(run.asked)
        await run.receive()

    Log(an_agent(bot)).fresh()
    assert ["go", "go"] == seen


def test_model_then_tool_then_reply():
    """
    Each await comes out as one effect and is answered by its event.
    """
    seen: list[Any] = []

    async def bot(run: Run) -> None:
        step = await run.next_step(Step, context=plain)
        seen.append(await run.call(add, Number(n=step.n)))
        await run.reply("done")

    log = Log(an_agent(bot))
    assert isinstance(wanted(log.progress()), effects.CallModel)
    call = wanted(log.model_says("next_step#1", '{"intent": "add", "n": 3}'))
    assert ("add#1", {"n": 3}) == (call.key, call.encoded)
    assert () == log.tool_starts(call).effects
    assert effects.Reply("reply#1", "done") == wanted(log.tool_returns("add#1", 4))
    assert ended_with(log.add(events.Replied(**log.named("reply#1"), text="done"))) is None
    assert [Ok(4)] == seen


def test_keys_are_paths_that_count_within_their_scope():
    """
    A micro-agent and each place of an `all` count for themselves.
    """

    async def inner(run: Run) -> None:
        await run.call(add, Number())

    async def bot(run: Run) -> None:
        await run.all(run.call(add, Number()), run.agent(inner), run.all(run.call(look, Number())))

    log = Log(an_agent(bot))

    assert ["all#1/0/add#1", "all#1/1/inner#1/add#1", "all#1/2/all#1/0/look#1"] == keys(log.progress())
    log.close()


def test_the_input_of_a_micro_agent():
    """
    A micro-agent gets what it was called with, and its value comes back.
    """
    got: list[Any] = []

    async def inner(run: Run) -> str:
        return f"{run.input} done"

    async def bot(run: Run) -> None:
        got.append(await run.agent(inner, "this"))

    assert ended_with(Log(an_agent(bot)).progress()) is None
    assert ["this done"] == got


def test_a_message_answers_receive():
    """
    What somebody wrote comes out of `receive`, with who and when.
    """
    got: list[Message] = []

    async def bot(run: Run) -> None:
        got.append(await run.receive())

    log = Log(an_agent(bot))
    assert effects.Receive("receive#1") == wanted(log.progress())
    log.message(2, "hello")
    log.add(events.MessageTaken(**log.named("receive#1"), fact=2, party=RITA, name="Rita"))

    assert [Message("hello", RITA, "Rita", NOON + 2)] == got


def test_time_and_ids_come_from_the_log():
    """
    `now` is the last applied event's time, and an id is the same at every replay.
    """
    told: list[tuple[float, str]] = []

    async def bot(run: Run) -> None:
        told.append((run.now(), str(run.uuid())))
        await run.sleep(1)
        told.append((run.now(), str(run.uuid())))

    log = Log(an_agent(bot))
    log.add(events.SleepStarted(**log.named("sleep#1"), until=NOON + 1))
    log.add(events.SleepEnded(**log.named("sleep#1")), at=NOON + 77)
    first = list(told)
    told.clear()
    log.fresh()

    assert [NOON, NOON + 77] == [at for at, _ in first]
    assert first == told
    assert first[0][1] != first[1][1]


def test_again_hands_its_state_on():
    """
    `return await run.again(state)` ends the run and says what the next begins with.
    """

    async def bot(run: Run) -> Any:
        return await run.again({"n": 1})

    ended = Log(an_agent(bot)).progress().ended

    assert ended is not None
    assert (True, {"n": 1}) == (ended.again, ended.state)


def test_a_summary_is_recorded():
    """
    `summarise` asks the model and gives back what was recorded.
    """
    got: list[str] = []

    async def bot(run: Run) -> None:
        got.append(await run.summarise(plain))

    log = Log(an_agent(bot))
    wish = wanted(log.progress())
    assert (True, 1) == (wish.summary, wish.covers)
    log.add(events.HistorySummarised(**log.named("summarise#1"), text="in short", context="0", upto=1))

    assert ["in short"] == got


# Asking people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.APPROVED, Approved(ANA, "Ana", "fine")),
        (Outcome.DENIED, Denied("fine", "denied", ANA)),
        (Outcome.CANCELLED, Denied("fine", "cancelled", ANA)),
        (Outcome.SUPERSEDED, Denied("fine", "superseded", ANA)),
    ],
)
def test_verdicts_of_request_human(outcome: Outcome, expected: object):
    """
    The four outcomes that somebody chose come back as values.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.request_human(Approval("Publish?")))

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    assert ended_with(log.settle(request, outcome, comment="fine")) is None
    assert [expected] == got


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, Outcome.UNDELIVERABLE, Outcome.NO_ROUTE])
def test_outcomes_that_nobody_chose_halt(outcome: Outcome):
    """
    A run stops at a request that nobody answered, until its owner lets it go on; then the request has failed.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.request_human(Approval("Publish?")))

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    assert () == log.settle(request, outcome).effects
    assert outcome == log.thread.state.pending[request.key].halted
    log.add(events.RunParked(thread="thread", run="r1", reason=outcome, key=request.key))
    log.add(events.RunResumed(thread="thread", run="r1", choice="go_on", by="rita", key=request.key, outcome=outcome))

    assert [outcome] == [failed.kind for failed in got]


def test_an_agent_may_catch_what_nobody_chose():
    """
    With `catch` an expiry is a value like any other.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.request_human(Question("Which?", catch=True)))

    log = Log(an_agent(bot))
    log.settle(log.open(wanted(log.progress())), Outcome.EXPIRED)

    assert [Failed("expired", "")] == got


def test_asking_again_wants_the_operation_anew():
    """
    "Ask again" brings the same operation out as an effect once more.
    """

    async def bot(run: Run) -> None:
        await run.request_human(Question("Which?"))

    log = Log(an_agent(bot))
    effect = wanted(log.progress())
    log.settle(log.open(effect), Outcome.EXPIRED)
    log.add(events.RunParked(thread="thread", run="r1", reason="expired", key=effect.key))
    progress = log.add(
        events.RunResumed(
            thread="thread", run="r1", choice="ask_again", by="rita", key=effect.key, outcome=Outcome.EXPIRED
        )
    )

    assert [effect.key] == keys(progress)
    assert ended_with(log.settle(log.open(effect, attempt=2), Outcome.ANSWERED, answer="x")) is None


def test_questions_back_come_to_the_agent_that_asks():
    """
    `ask` goes on at once; `next` gives questions back in order, then the verdict.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        got.append(await run.call(look, Number()))
        while not isinstance(said := await ask.next(), Approved):
            got.append(said)
            await ask.answer("because")
        got.append(said)

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    call = wanted(log.progress())
    log.tool_starts(call)
    asked = {"request": request.id, "fact": 3, "party": ANA, "name": "Ana"}
    log.add(events.QuestionAsked(thread="thread", run="r1", **asked, text="why?"))
    answer = wanted(log.tool_returns(call.key, 1))
    assert ("because", request.id) == (answer.text, answer.request)
    log.add(
        events.QuestionAnswered(
            thread="thread", run="r1", request=request.id, key=answer.key, name="bot", text="because"
        )
    )
    log.settle(request, Outcome.APPROVED)

    assert [Ok(1), QuestionBack("why?", ANA, "Ana"), Approved(ANA, "Ana")] == got


def test_an_ask_is_withdrawn_by_its_agent():
    """
    `cancel` wants the request withdrawn, and whoever waits for the verdict has it; a second one gives it again.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        got.extend(await run.all(ask.next(), ask.cancel("not today")))
        got.append(await ask.cancel())
        got.append(await ask.next())

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    wish = wanted(log.progress())
    assert (request.id, "not today") == (wish.request, wish.reason)
    progress = log.settle(request, Outcome.CANCELLED, operation=wish.key, comment="not today")

    assert ended_with(progress) is None
    assert [Denied("not today", "cancelled", ANA)] * 4 == got
    assert progress == log.fresh()


def test_what_was_decided_before_it_is_withdrawn_stands():
    """
    An ask that has its verdict is not withdrawn: the verdict comes back, and nothing is wanted.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        await run.call(look, Number())
        got.append(await ask.cancel())

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    call = wanted(log.progress())
    log.tool_starts(call)
    log.settle(request, Outcome.APPROVED)
    progress = log.tool_returns(call.key, 1)

    assert [Approved(ANA, "Ana")] == got
    assert ended_with(progress) is None


def test_what_is_asked_instead_names_what_it_replaces():
    """
    `supersedes` names the request of an earlier ask, of an ask and of a request that is waited for alike.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        first = await run.ask(Approval("Publish 1?"))
        second = await run.ask(Approval("Publish 2?"), supersedes=first)
        got.append(await first.next())
        got.append(await run.request_human(Approval("Publish 3?"), supersedes=second))

    log = Log(an_agent(bot))
    first = log.open(wanted(log.progress()))
    wish = wanted(log.progress())
    assert first.id == wish.supersedes
    second = log.open(wish)
    last = wanted(log.settle(first, Outcome.SUPERSEDED))
    assert second.id == last.supersedes
    third = log.open(last)
    log.settle(second, Outcome.SUPERSEDED)
    progress = log.settle(third, Outcome.APPROVED)

    assert [Denied("", "superseded", ANA), Approved(ANA, "Ana")] == got
    assert ended_with(progress) is None
    assert progress == log.fresh()


@pytest.mark.parametrize("choice", ["ask_again", "go_on"])
def test_an_ask_that_ran_out_halts_and_is_asked_again_or_given_up(choice: Literal["ask_again", "go_on"]):
    """
    Expired, the agent hears nothing until the owner has said: asked again it waits on, gone on it has failed.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        got.append(await ask.next())

    log = Log(an_agent(bot))
    effect = wanted(log.progress())
    log.settle(log.open(effect), Outcome.EXPIRED)
    log.add(events.RunParked(thread="thread", run="r1", reason="expired", key=effect.key))
    assert [] == got
    progress = log.add(
        events.RunResumed(thread="thread", run="r1", choice=choice, by="rita", key=effect.key, outcome=Outcome.EXPIRED)
    )
    if choice == "ask_again":
        assert effect.key == wanted(progress).key
        progress = log.settle(log.open(effect, attempt=2), Outcome.APPROVED)

    failed = Failed("expired", "the owner let the run go on without it")
    assert [Approved(ANA, "Ana") if choice == "ask_again" else failed] == got
    assert ended_with(progress) is None
    assert progress == log.fresh()


def test_an_ask_that_is_refused_has_its_verdict_at_once():
    """
    Where a rule forbids it, `next` says so, and nobody waits for anything.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        got.append(await ask.next())

    log = Log(an_agent(bot))
    effect = wanted(log.progress())
    named = log.named(effect.key)
    progress = log.add(events.OperationRefused(**named, digest=effect.digest, outcome="forbidden", reason="never"))

    assert [Denied("never", "forbidden")] == got
    assert ended_with(progress) is None


# Guarded calls -------------------------------------------------------------------------------------------------------


def test_an_approved_call_runs_and_a_denied_one_does_not():
    """
    Approval leaves the call to be started; denial answers it.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.call(add, Number(n=1)))
        got.append(await run.call(add, Number(n=2)))

    log = Log(an_agent(bot))
    first = wanted(log.progress())
    request = log.open(first)
    assert () == log.settle(request, Outcome.APPROVED).effects
    assert log.thread.state.pending[first.key].approved
    log.tool_starts(first, approval=request.id)
    assert not log.thread.state.pending[first.key].approved
    second = wanted(log.tool_returns(first.key, 1))
    assert ended_with(log.settle(log.open(second), Outcome.DENIED, comment="no")) is None

    assert [Ok(1), Denied("no", "denied", ANA)] == got
    assert {second.digest: "no"} == log.thread.state.denied


def test_the_three_answers_about_an_attempt_in_doubt():
    """
    Run again: another start; it did run: Failed("in_doubt", who said so); stop: Denied.
    """
    for outcome, expected in (
        (Outcome.APPROVED, None),
        (Outcome.ANSWERED, Failed("in_doubt", "Ana says that it did run; its result is not known")),
        (Outcome.DENIED, Denied("", "denied", ANA)),
    ):
        got: list[Any] = []

        async def bot(run: Run, got: list[Any] = got) -> None:
            got.append(await run.call(add, Number(n=1)))

        log = Log(an_agent(bot))
        call = wanted(log.progress())
        log.tool_starts(call)
        assert log.thread.state.pending[call.key].doubtful
        log.settle(log.open(call, in_doubt=True), outcome)
        if expected is None:
            assert log.thread.state.pending[call.key].approved
            log.tool_starts(call, attempt=2)
            log.tool_returns(call.key, 5, attempt=2)
        assert [expected or Ok(5)] == got


def test_a_late_result_is_taken_and_its_question_withdrawn():
    """
    A result that comes in while people are asked about it answers the call; withdrawing the question changes nothing.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.call(add, Number(n=1)))

    log = Log(an_agent(bot))
    call = wanted(log.progress())
    log.tool_starts(call)
    request = log.open(call, in_doubt=True)
    log.tool_returns(call.key, 7)
    progress = log.settle(request, Outcome.SUPERSEDED)

    assert [Ok(7)] == got
    assert progress.diverged is None


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("forbidden", Denied("never", "forbidden")),
        ("denied", Denied("never", "denied")),
        ("suppressed", Failed("suppressed", "never")),
    ],
)
def test_refused_calls(outcome: str, expected: object):
    """
    A call that is answered without being started is a value too.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.call(add, Number()))

    log = Log(an_agent(bot))
    call = wanted(log.progress())
    log.add(events.OperationRefused(**log.named(call.key), digest=call.digest, outcome=outcome, reason="never"))

    assert [expected] == got


def test_arguments_that_the_schema_refuses_never_leave_the_agent():
    """
    Invalid arguments are a failure without an effect.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.append(await run.call(add, {"n": "many"}))
        got.append(await run.call(add, {"n": 2**60}))

    assert ended_with(Log(an_agent(bot)).progress()) is None
    assert ["invalid_arguments", "invalid_arguments"] == [failed.kind for failed in got]


# Limits --------------------------------------------------------------------------------------------------------------


def answer_model(log: Log, progress: Progress, text: str) -> Progress:
    return log.model_says(wanted(progress).key, text)


def test_rubbish_from_a_model_is_answered_twice_then_a_person_is_asked():
    """
    Invalid JSON gets one compact error, twice at most; then the owner role is asked, never a spin.
    """

    async def bot(run: Run) -> None:
        await run.next_step(Add, context=plain)

    log = Log(an_agent(bot))
    progress = log.progress()
    for text in ("rubbish", "{}", '{"intent": "add", "n": "x"}'):
        progress = answer_model(log, progress, text)
    question = wanted(progress)

    assert isinstance(question, effects.RequestHuman)
    assert ("owner",) == question.wanted.to.roles
    assert "3 times in a row" in question.wanted.text
    assert isinstance(ended_with(log.settle(log.open(question), Outcome.ANSWERED, answer="stop")), Stopped)


def test_the_second_try_says_what_was_wrong():
    """
    The model is told once, compactly, why its answer was not taken.
    """

    async def bot(run: Run) -> None:
        await run.next_step(Add, context=plain)

    log = Log(an_agent(bot))
    second = wanted(answer_model(log, log.progress(), "rubbish"))

    assert second.context.startswith("context of 2 events")
    assert "not valid" in second.context
    log.close()


@pytest.mark.parametrize(("nested", "limit"), [(False, RUN_STEPS), (True, AGENT_STEPS)])
def test_model_steps_are_limited(nested: bool, limit: int):
    """
    A loop is asked about after 50 steps, a micro-agent's after 10; "go on" gives it as many again.
    """

    async def loop(run: Run) -> None:
        while True:
            await run.next_step(Step, context=plain)

    async def bot(run: Run) -> None:
        await (run.agent(loop) if nested else loop(run))

    log = Log(an_agent(bot))
    progress = log.progress()
    for _ in range(2):
        for _ in range(limit):
            progress = answer_model(log, progress, '{"intent": "done"}')
        question = wanted(progress)
        assert f"{limit} model steps" in question.wanted.text
        progress = log.settle(log.open(question), Outcome.ANSWERED, answer="go_on")
    log.close()


def test_three_errors_of_a_tool_in_a_row():
    """
    After the third error in a row a person is asked; a success in between starts the count anew.
    """

    async def bot(run: Run) -> None:
        while True:
            await run.call(add, Number())

    log = Log(an_agent(bot))
    progress = log.progress()
    for fails in (True, True, False, *[True] * ERRORS_IN_A_ROW):
        call = wanted(progress)
        assert isinstance(call, effects.CallTool)
        log.tool_starts(call)
        progress = log.tool_fails(call.key, "boom") if fails else log.tool_returns(call.key, 1)

    assert "add failed 3 times in a row, last: boom" in wanted(progress).wanted.text
    log.close()


# As plain functions --------------------------------------------------------------------------------------------------


def test_step_changes_nothing_it_was_given():
    """
    The stateless agent: input and state in, effects and new state out.
    """

    @agent()
    async def bot(run: Run) -> None:
        await run.sleep(1)
        await run.reply("done")

    empty = Thread("thread", HOME)
    begun = step(bot, Record(1, NOON, events.RunStarted(thread="thread", run="r1", agent="bot", version="1")), empty)
    slept = step(
        bot, Record(2, NOON, events.SleepStarted(thread="thread", run="r1", key="sleep#1", until=NOON)), begun.thread
    )
    woken = step(bot, Record(3, NOON, events.SleepEnded(thread="thread", run="r1", key="sleep#1")), slept.thread)

    assert [] == empty.records
    assert [["sleep#1"], [], ["reply#1"]] == [keys(one.progress) for one in (begun, slept, woken)]
    assert [1, 2, 3] == [len(one.thread.records) for one in (begun, slept, woken)]
    assert advance(bot, begun.thread) == begun.progress
