"""
Runs: started, moved on, parked, ended. What an agent wants becomes events here, and what the world did.

`advance` looks at one thread: what its agent wants now, what was approved and may start, what was started by nobody who
is still at it. Each of these follows from the thread's log, so deciding again after a crash or a conflict finds the
same. Tool calls are begun and looked after in `calls`, where the guard stands.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Sequence

from pydantic import ValidationError

from agent_core import addresses, context, effects, events, facts
from agent_core.addresses import ConversationKey, Party
from agent_core.catalogue import Sentence
from agent_core.drive import Drive
from agent_core.errors import AgentFault, Stopped
from agent_core.log import Record
from agent_core.requests import Outcome, Settlement
from agent_core.run import Agent
from agent_core.strands import Ended
from agent_core.thread import Kept, Thread
from gateway import asking, callbacks, calls, cards, files, home, settling
from gateway.agents import Listening
from gateway.conversation import Conversation
from gateway.ongoing import Operation, Result
from gateway.store.rows import Timer

HAND_OVERS = 10  # runs that may follow each other by run.again in one decision; more is a spin
LONGEST_DETAIL = 4_000  # characters of a traceback that the log keeps

# Starting and ending -------------------------------------------------------------------------------------------------


def start(
    here: Conversation, listening: Listening, seq: int, fact: facts.MessageReceived, party: Party, name: str
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
            tokens=here.world.tokens_per_run,
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
                "tokens": here.world.tokens_per_run,
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
            settling.settle(here, standing.request, settlement)
    _close(here, thread, "cancelled")
    here.reply(thread, here.say("cancelled.begun", tool=begun) if begun else here.say("cancelled"))
    _answer_inbox(here, thread, inbox)


def _close(here: Conversation, thread: Thread, outcome: str, detail: str = "", state: object = None) -> None:
    for standing in thread.state.open_requests():
        if standing.request.parent is None:
            settling.withdraw(here, standing.request, Sentence(key="run.ended"))
    sleeps = (key for key, pending in thread.state.pending.items() if pending.until is not None)
    here.draft.stop(*(_timer_id(thread, key) for key in sleeps))
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
    if outcome != "restarted":
        callbacks.run_ended(here, thread)


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
        here.tell_owner(functools.partial(_failed, here, thread, str(error) or type(error).__name__))


def _failed(here: Conversation, thread: Thread, reason: str, place: ConversationKey) -> str:
    words, state = here.words(place), thread.state
    name = state.requester_name or words.say("somebody")
    return words.say("failed.owner", agent=state.agent, name=name, thread=thread.id, reason=reason)


def park(here: Conversation, thread: Thread, reason: str, detail: str = "", key: str | None = None) -> None:
    """Halt a run until its owner says how it goes on; owner and requester are told."""
    state = thread.state
    here.add(events.RunParked(thread=thread.id, run=state.run, reason=reason, detail=detail, key=key))
    why = here.say(f"parked.{reason}", title=_title(here, thread, key, here.key), detail=detail)
    here.reply(thread, here.say("halted", reason=why))
    here.tell_owner(functools.partial(_halted, here, thread, reason, detail, key))


def _halted(
    here: Conversation, thread: Thread, reason: str, detail: str, key: str | None, place: ConversationKey
) -> str:
    words, state = here.words(place), thread.state
    with_detail = reason == Outcome.UNDELIVERABLE and detail  # a vendor's words, for who can do something about them
    parked = "parked.undeliverable.because" if with_detail else f"parked.{reason}"
    why = words.say(parked, title=_title(here, thread, key, place), detail=detail)
    name = state.requester_name or words.say("somebody")
    return words.say("halted.owner", agent=state.agent, name=name, reason=why, thread=thread.id)


def _title(here: Conversation, thread: Thread, key: str | None, place: ConversationKey) -> str:
    asked = [s.request for s in thread.state.requests.values() if s.request.key == key]
    return cards.title(here, asked[-1], place) if asked else context.tool_of(key or "")


def _said_of(thread: Thread, key: str) -> str:
    """Say why the newest request of an operation ended as it did, where somebody said so."""
    ended = [s.settlement for s in thread.state.requests.values() if s.request.key == key and s.settlement is not None]
    return ended[-1].comment if ended else ""


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
        park(here, thread, outcome, _said_of(thread, halted), key=halted)
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
            calls.look_after(here, thread, drive, key, pending)


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
            calls.begin(here, thread, effect)
        case effects.RequestHuman(wanted=wanted, digest=digest) if state.suppressed:
            reason, catch = here.say("model.suppressed"), wanted.catch
            here.add(
                events.OperationRefused(**named, digest=digest, outcome=Outcome.NO_ROUTE, reason=reason, catch=catch)
            )
        case effects.RequestHuman():
            asking.ask_wanted(here, thread, effect)
        case effects.AnswerQuestion(request=name) | effects.CancelRequest(request=name) if name not in state.requests:
            reason = here.say("model.suppressed")  # nobody was asked here: that was before a fork
            here.add(events.OperationRefused(**named, digest="", outcome="suppressed", reason=reason))
        case effects.CancelRequest():
            settling.cancel(here, thread, effect)
        case effects.AnswerQuestion(request=request, text=text):
            home.answer_question(here, thread, effect.key, request, text)
        case effects.Reply(text=text):
            enclosures, blobs = files.enclose(effect.files)
            here.draft.blobs += blobs
            here.add(events.Replied(**named, text=text, enclosures=enclosures))
            here.reply(thread, text, enclosures)
        case effects.Sleep(seconds=seconds):
            until = here.now + seconds
            here.add(events.SleepStarted(**named, until=until))
            here.draft.timers.append(Timer(_timer_id(thread, effect.key), until, thread.id, effect.key))
        case effects.Receive() if state.inbox:
            kept = state.inbox[0]
            here.add(events.MessageTaken(**named, fact=kept.fact, party=kept.party, name=kept.name))


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
        calls.finished(here, operation, event)
    elif (thread := here.threads.get(operation.thread)) is None or _at(thread) != (operation.thread, operation.run):
        here.taken.append(operation)  # an answer that nobody waits for any more; its context is not kept
    else:
        here.touched[operation.thread] = None


def slept(here: Conversation, timer: Timer) -> None:
    """A sleep is over."""
    thread = here.threads.get(timer.thread)
    here.draft.clear.append(timer.id)
    if thread is not None and thread.state.active and timer.key in thread.state.pending:
        here.add(events.SleepEnded(thread=thread.id, run=thread.state.run, key=timer.key))
