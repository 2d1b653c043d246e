"""
Runs: started, moved on, parked, ended. What an agent wants becomes events here, and what the world did.

`advance` looks at one thread: what its agent wants now, what was approved and may start, what was started by nobody who
is still at it. Each of these follows from the thread's log, so deciding again after a crash or a conflict finds the
same. Guards stand here, outside the agent's code: no call starts without passing `_call`.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Sequence

from pydantic import ValidationError

from agent_core import addresses, context, effects, events, policy
from agent_core.addresses import Party
from agent_core.drive import Drive, Ended
from agent_core.errors import AgentFault, Stopped
from agent_core.events import Record
from agent_core.requests import DEFAULT_PATIENCE, OWNER_ROLE, Outcome, Settlement, Standing, Where, to_role
from agent_core.run import Agent
from agent_core.thread import Kept, Pending, Thread
from gateway import cards, home
from gateway.agents import Listening
from gateway.conversation import Conversation, Operation, Result, Starting
from gateway.store.base import Timer

HAND_OVERS = 10  # runs that may follow each other by run.again in one decision; more is a spin
TRIES = 3  # attempts of an idempotent tool that takes longer than its limit
LONGEST_SUMMARY = 200  # characters of a call's arguments that its start records
LONGEST_DETAIL = 4_000  # characters of a traceback that the log keeps

# Starting and ending -------------------------------------------------------------------------------------------------


def start(
    here: Conversation, listening: Listening, seq: int, fact: events.MessageReceived, party: Party, name: str
) -> None:
    """Start a run on a message."""
    agent = listening.current
    thread_id = addresses.thread_id(here.key, fact.root, agent.name)
    thread = here.threads.setdefault(thread_id, Thread(thread_id, here.key))
    thread.learn(seq, fact)
    here.add(
        events.RunStarted(
            thread=thread_id,
            run=f"r{seq}",
            agent=agent.name,
            version=agent.version,
            root=fact.root,
            requester=party,
            requester_name=name,
            consumes=(seq,),
            carry=context.carry(thread),
        )
    )


def restart(here: Conversation, thread: Thread) -> None:
    """Begin a run anew, from what started it, with the agent's current version."""
    state = thread.state
    listening = here.world.agents.named(state.agent)
    version = listening.current.version if listening is not None else state.version
    _close(here, thread, "restarted")
    _follow(here, thread, state.consumes, state.inbox, input=state.input, carry=state.carry, version=version)


def _follow(
    here: Conversation, thread: Thread, consumes: tuple[int, ...], kept: Sequence[Kept] = (), **how: object
) -> None:
    """Start the run after this one. What others wrote is kept for its contexts, under their own names."""
    state = thread.state
    number = int(state.run.partition(".")[2] or 1) + 1
    here.add(
        events.RunStarted.model_validate(
            {
                "input": None,
                "carry": context.carry(thread),
                "version": _current(here, thread),
                "thread": thread.id,
                "run": f"{state.run.partition('.')[0]}.{number}",
                "agent": state.agent,
                "root": state.root,
                "branch": state.branch,
                "requester": state.requester,
                "requester_name": state.requester_name,
                "consumes": consumes,
                "suppressed": state.suppressed,
            }
            | how
        )
    )
    for message in kept:
        here.add(
            events.MessageKept(
                thread=thread.id,
                run=thread.state.run,
                fact=message.fact,
                party=message.party,
                name=message.name,
            )
        )


def _answer_inbox(here: Conversation, thread: Thread, inbox: Sequence[Kept]) -> None:
    """Start a run on what was written meanwhile: for whoever wrote first, in whose name it then asks."""
    if not inbox:
        return
    first = inbox[0]
    mine = tuple(message.fact for message in inbox if message.party == first.party)
    others = [message for message in inbox if message.party != first.party]
    _follow(here, thread, mine, others, requester=first.party, requester_name=first.name)


def _current(here: Conversation, thread: Thread) -> str:
    listening = here.world.agents.named(thread.state.agent)
    return listening.current.version if listening is not None else thread.state.version


def cancel(here: Conversation, thread: Thread, party: Party | None, name: str) -> None:
    """
    Drop a run: what it asked is cancelled, and nothing more is started. What others wrote meanwhile is not dropped.

    Args:
        party: Who drops it; their messages to it go with it, and those of who asked for it.
    """
    state = thread.state
    inbox = [message for message in state.inbox if message.party not in (party, state.requester)]
    begun = ", ".join(dict.fromkeys(context.tool_of(key) for key, pending in state.pending.items() if pending.running))
    for standing in thread.state.open_requests():
        if standing.request.parent is None:
            settlement = Settlement(outcome=Outcome.CANCELLED, at=here.now, by=party, name=name)
            home.settle(here, standing.request, settlement)
    _close(here, thread, "cancelled")
    here.reply(thread, here.say("cancelled.begun", tool=begun) if begun else here.say("cancelled"))
    _answer_inbox(here, thread, inbox)


def _close(here: Conversation, thread: Thread, outcome: str, detail: str = "", state: object = None) -> None:
    for standing in thread.state.open_requests():
        if standing.request.parent is None:
            home.withdraw(here, standing.request, here.say("run.ended"))
    here.draft.clear += [
        _timer_id(thread, key) for key, pending in thread.state.pending.items() if pending.until is not None
    ]
    here.add(
        events.RunEnded.model_validate(
            {
                "thread": thread.id,
                "run": thread.state.run,
                "outcome": outcome,
                "detail": detail,
                "state": state,
            }
        )
    )


def _end(here: Conversation, thread: Thread, ended: Ended) -> None:
    inbox = thread.state.inbox
    if ended.error is not None:
        _fail(here, thread, ended.error)
    elif ended.again and here.hands_over(thread.id) > HAND_OVERS:
        _fail(here, thread, AgentFault(f"it called run.again {HAND_OVERS} times without waiting for anything"))
    elif ended.again:
        _close(here, thread, "again", state=ended.state)
        _follow(here, thread, (), inbox, input=ended.state)
        return
    else:
        _close(here, thread, "done")
    _answer_inbox(here, thread, inbox)


def _fail(here: Conversation, thread: Thread, error: Exception) -> None:
    detail = "".join(traceback.format_exception(error))[-LONGEST_DETAIL:]
    stopped = isinstance(error, Stopped)
    _close(here, thread, "failed", detail=str(error) if stopped else detail)
    here.reply(thread, here.say("stopped" if stopped else "failed"))
    if not stopped:
        name = thread.state.requester_name or here.say("somebody")
        reason = str(error) or type(error).__name__
        text = here.say("failed.owner", agent=thread.state.agent, name=name, thread=thread.id, reason=reason)
        here.tell_owner(text)


def park(here: Conversation, thread: Thread, reason: str, detail: str = "", key: str | None = None) -> None:
    """Halt a run until its owner says how it goes on; owner and requester are told."""
    state = thread.state
    here.add(events.RunParked(thread=thread.id, run=state.run, reason=reason, detail=detail, key=key))
    title = _title(thread, key)
    why = here.say(f"parked.{reason}", title=title, detail=detail)
    here.reply(thread, here.say("halted", reason=why))
    name = state.requester_name or here.say("somebody")
    here.tell_owner(here.say("halted.owner", agent=state.agent, name=name, reason=why, thread=thread.id))


def _title(thread: Thread, key: str | None) -> str:
    asked = [s.request.title for s in thread.state.requests.values() if s.request.key == key]
    return asked[-1] if asked else context.tool_of(key or "")


# Moving on -----------------------------------------------------------------------------------------------------------


def advance(here: Conversation) -> None:
    """Move every thread that something happened to as far as it goes."""
    while here.touched:
        name = next(iter(here.touched))
        del here.touched[name]
        _advance(here, here.threads[name])


def _advance(here: Conversation, thread: Thread) -> None:
    state = thread.state
    here.models = {operation: wish for operation, wish in here.models.items() if operation.thread != thread.id}
    if not state.active or state.parked is not None:
        return
    halted = next((key for key, pending in state.pending.items() if pending.halted is not None), None)
    if halted is not None and (outcome := state.pending[halted].halted) is not None:
        park(here, thread, outcome, key=halted)
        return
    drive = here.drive(thread)
    if drive is None or _take_answers(here, thread, drive):
        return
    with here.world.watch(state.agent):
        progress = drive.progress(_busy(here, thread))
    if progress.diverged is not None:
        here.forget(thread)
        park(here, thread, "diverged", str(progress.diverged))
    elif progress.ended is not None:
        _end(here, thread, progress.ended)
    else:
        for effect in progress.effects:
            try:
                _begin(here, thread, effect)
            except ValidationError as error:  # a value of the agent's that no event can hold
                _fail(here, thread, error)
                return
        for key, pending in list(state.pending.items()):
            _look_after(here, thread, drive, key, pending)


def _take_answers(here: Conversation, thread: Thread, drive: Drive) -> bool:
    """Take in what models answered to this run, before it is asked what it wants: contexts are built once."""
    for operation, result in list(here.ongoing.results.items()):
        if operation[:2] != _at(thread) or operation in here.taken or not drive.asks(operation.key):
            continue
        here.take(result)
        if result.event is not None:
            here.add(result.event)
        else:
            park(here, thread, "model", result.failed)
        return True
    return False


def _busy(here: Conversation, thread: Thread) -> set[str]:
    return {operation.key for operation in here.ongoing.running if (operation.thread, operation.run) == _at(thread)}


def _at(thread: Thread) -> tuple[str, str]:
    return thread.id, thread.state.run


def receiving(here: Conversation, thread: Thread) -> bool:
    """Tell whether the run waits for a message."""
    drive = here.drive(thread) if thread.state.parked is None else None
    return drive is not None and drive.stands_at("receive")


def _begin(here: Conversation, thread: Thread, effect: effects.Effect) -> None:
    state = thread.state
    named = {"thread": thread.id, "run": state.run, "key": effect.key}
    match effect:
        case effects.CallModel():
            here.models[Operation(*_at(thread), effect.key)] = effect
        case effects.CallTool():
            _call(here, thread, effect)
        case effects.RequestHuman(wanted=wanted, digest=digest) if state.suppressed:
            reason, catch = here.say("model.suppressed"), wanted.catch
            here.add(
                events.OperationRefused(**named, digest=digest, outcome=Outcome.NO_ROUTE, reason=reason, catch=catch)
            )
        case effects.RequestHuman():
            home.ask_wanted(here, thread, effect)
        case effects.AnswerQuestion(request=request, text=text):
            home.answer_question(here, thread, effect.key, request, text)
        case effects.Reply(text=text):
            here.add(events.Replied(**named, text=text))
            here.reply(thread, text)
        case effects.Sleep(seconds=seconds):
            until = here.now + seconds
            here.add(events.SleepStarted(**named, until=until))
            here.draft.timers.append(Timer(_timer_id(thread, effect.key), until, thread.id, effect.key))
        case effects.Receive() if state.inbox:
            kept = state.inbox[0]
            here.add(events.MessageTaken(**named, fact=kept.fact, party=kept.party, name=kept.name))


def _call(here: Conversation, thread: Thread, call: effects.CallTool) -> None:
    """The guard: nothing starts that a rule forbids, that a person denied, or that nobody has approved."""
    state = thread.state
    if state.suppressed and not call.tool.read_only:
        _refuse(here, thread, call, "suppressed", here.say("model.suppressed"))
        return
    if call.digest in state.denied:
        _refuse(here, thread, call, "denied", state.denied[call.digest])
        return
    match _requirement(here, thread, call):
        case policy.Allow():
            _start_tool(here, thread, call, attempt=1, approval=None)
        case policy.Forbid(reason):
            _refuse(here, thread, call, "forbidden", reason)
        case policy.Ask() if state.suppressed:
            _refuse(here, thread, call, "suppressed", here.say("model.suppressed"))
        case policy.Ask() as ask:
            home.ask_approval(here, thread, call, ask)


def _requirement(here: Conversation, thread: Thread, call: effects.CallTool) -> policy.Requirement:
    return policy.requirement(
        here.world.rules,
        agent=thread.state.agent,
        tool=call.tool.name,
        arguments=call.encoded,
        demanded=call.tool.approval,
    )


def _refuse(here: Conversation, thread: Thread, call: effects.CallTool, outcome: str, reason: str) -> None:
    here.add(
        events.OperationRefused(
            thread=thread.id, run=thread.state.run, key=call.key, digest=call.digest, outcome=outcome, reason=reason
        )
    )


def _start_tool(
    here: Conversation, thread: Thread, call: effects.CallTool, *, attempt: int, approval: str | None
) -> None:
    summary = ", ".join(f"{name}={value}" for name, value in call.tool.shown(call.encoded).items())
    here.add(
        events.ToolStarted(
            thread=thread.id,
            run=thread.state.run,
            key=call.key,
            tool=call.tool.name,
            version=call.tool.version,
            digest=call.digest,
            attempt=attempt,
            approval=approval,
            summary=summary[:LONGEST_SUMMARY],
        )
    )
    here.draft.starts[Operation(*_at(thread), call.key, attempt)] = Starting(call, approval)


def _look_after(here: Conversation, thread: Thread, drive: Drive, key: str, pending: Pending) -> None:
    """Start what was approved; ask about what was started and has nobody at it."""
    if not (pending.approved or pending.doubtful):
        return
    operation = Operation(*_at(thread), key, pending.attempt)
    if operation in here.ongoing.running or operation in here.draft.starts or here.has_result(operation):
        return
    call = drive.effect(key)
    if not isinstance(call, effects.CallTool):
        return
    if pending.approved:
        _start_approved(here, thread, call, pending)
    elif call.tool.idempotent and here.ongoing.retried.get(operation, 0) < TRIES:
        here.ongoing.retried[operation] = here.ongoing.retried.get(operation, 0) + 1
        here.draft.starts[operation] = Starting(call, pending.approval)
    elif call.tool.idempotent:
        _give_up(here, thread, call, pending.attempt)
    else:
        why = here.ongoing.doubts.get(operation) or here.say("card.in_doubt.body")
        home.ask_in_doubt(here, thread, call, _who_may(here, thread, call), why)


def _start_approved(here: Conversation, thread: Thread, call: effects.CallTool, pending: Pending) -> None:
    """Start what was approved, unless the policy has come to forbid it meanwhile."""
    requirement = _requirement(here, thread, call)
    if not isinstance(requirement, policy.Forbid):
        _start_tool(here, thread, call, attempt=pending.attempt + 1, approval=pending.approval)
        return
    standings = _behind(thread, pending.approval)
    _refuse(here, thread, call, "forbidden", requirement.reason)
    for standing in standings:
        if standing.settlement is not None:
            told = functools.partial(cards.forbidden, here, call.tool.name, requirement.reason)
            home.show_notes(here, standing.request, standing.settlement, told)


def _who_may(here: Conversation, thread: Thread, call: effects.CallTool) -> policy.Ask:
    """Say who rules on an attempt in doubt: those who may approve the call, else the owner."""
    needed = _requirement(here, thread, call)
    return needed if isinstance(needed, policy.Ask) else policy.Ask(to_role(OWNER_ROLE), Where(), DEFAULT_PATIENCE)


def _give_up(here: Conversation, thread: Thread, call: effects.CallTool, attempt: int) -> None:
    here.add(
        events.ToolFinished(
            thread=thread.id,
            run=thread.state.run,
            key=call.key,
            attempt=attempt,
            ok=False,
            kind="timed_out",
            message=f"it took longer than {call.tool.limit:g} seconds, {TRIES} times",
        )
    )


def _timer_id(thread: Thread, key: str) -> str:
    return addresses.derive("sleep", *_at(thread), key)


def agreed(here: Conversation, thread: Thread, agent: Agent) -> list[Record]:
    """Give as much of a run's log, from its beginning, as an agent's code agrees with."""
    kept: list[Record] = []
    trial = Thread(thread.id, here.key, dict(thread.facts))
    drive: Drive | None = None
    with here.world.watch(agent.name):
        for record in thread.records:
            if drive is None:
                trial.apply(record)
                drive = agent.drive(trial)
            else:
                drive.take(record)
            if drive.diverged:
                break
            kept.append(record)
        if drive is not None:
            drive.close()
    return kept


# What the world did --------------------------------------------------------------------------------------------------


def finished(here: Conversation, result: Result) -> None:
    """A tool's attempt has ended, or has run out of time; models' answers are taken in when the agent is there."""
    operation, event = result.operation, result.event
    if result.doubt:
        here.take(result)
        here.ongoing.doubts[operation] = result.doubt
        here.touched[operation.thread] = None
    elif isinstance(event, events.ToolFinished):
        here.take(result)
        _tool_finished(here, operation, event)
    elif (thread := here.threads.get(operation.thread)) is None or _at(thread) != (operation.thread, operation.run):
        here.take(result)  # an answer that nobody waits for any more
    else:
        here.touched[operation.thread] = None


def _tool_finished(here: Conversation, operation: Operation, event: events.ToolFinished) -> None:
    thread = here.threads.get(operation.thread)
    if thread is None:
        return
    if thread.state.run != operation.run:  # the run was dropped, and another has begun
        here.add(event)
        approved = home.standing_of(here, here.ongoing.approvals.get(operation) or "")
        _show_result(here, event, [approved] if approved is not None else [])
        return
    pending = thread.state.pending.get(operation.key)
    if pending is None or not pending.running or pending.attempt != operation.attempt:
        return
    doubt, approval = pending.request, pending.approval
    here.add(event)
    if doubt is not None and thread.state.requests[doubt].settlement is None:
        home.withdraw(here, thread.state.requests[doubt].request, here.say("in_doubt.arrived"))
    _show_result(here, event, _behind(thread, approval))


def _show_result(here: Conversation, event: events.ToolFinished, standings: Sequence[Standing]) -> None:
    for standing in standings:
        if standing.settlement is not None:
            told = functools.partial(cards.result, here, standing.request.tool or "", event)
            home.show_notes(here, standing.request, standing.settlement, told)


def _behind(thread: Thread, approval: str | None) -> list[Standing]:
    """Give the approval that a start spent, and those that earlier attempts of it spent."""
    spent = thread.state.requests.get(approval or "")
    if spent is None:
        return []
    return [
        s for s in thread.state.requests.values() if s.request.key == spent.request.key and s.request.parent is None
    ]


def slept(here: Conversation, timer: Timer) -> None:
    """A sleep is over."""
    thread = here.threads.get(timer.thread)
    here.draft.clear.append(timer.id)
    if thread is not None and thread.state.active and timer.key in thread.state.pending:
        here.add(events.SleepEnded(thread=thread.id, run=thread.state.run, key=timer.key))
