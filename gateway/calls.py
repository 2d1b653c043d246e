"""
Tool calls: judged, asked for, started once, asked about where nobody knows, ended.

Guards stand here, outside the agent's code: no call starts without passing `begin`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from agent_core import effects, events, policy
from agent_core.catalogue import Sentence
from agent_core.drive import Drive
from agent_core.requests import DEFAULT_PATIENCE, OWNER_ROLE, Where, to_role
from agent_core.rulings import Standing
from agent_core.thread import Pending, Thread
from gateway import asking, cards, settling
from gateway.conversation import Conversation
from gateway.ongoing import Operation, Starting

TRIES = 3  # attempts of an idempotent tool that takes longer than its limit
LONGEST_SUMMARY = 200  # characters of a call's arguments that its start records


def begin(here: Conversation, thread: Thread, call: effects.CallTool) -> None:
    """The guard: nothing starts that a rule forbids, that a person denied, or that nobody has approved."""
    state = thread.state
    if state.suppressed and not call.tool.read_only:
        _refuse(here, thread, call, "suppressed", here.say("model.suppressed"))
        return
    if call.digest in state.denied:
        _refuse(here, thread, call, "denied", state.denied[call.digest])
        return
    match requirement(here, thread, call):
        case policy.Allow():
            _start_tool(here, thread, call, attempt=1, approval=None)
        case policy.Forbid(reason):
            _refuse(here, thread, call, "forbidden", reason)
        case policy.Ask() if state.suppressed:
            _refuse(here, thread, call, "suppressed", here.say("model.suppressed"))
        case policy.Ask() as ask:
            asking.ask_approval(here, thread, call, ask)


def requirement(here: Conversation, thread: Thread, call: effects.CallTool) -> policy.Requirement:
    """Say what the policy wants of a call, and of whom."""
    judged = asking.judge(here, thread, thread.state.agent, call.tool.name, call.encoded)
    return policy.requirement(here.world.rules, judged, call.tool.approval)


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
    operation = Operation(thread.id, thread.state.run, call.key, attempt)
    if attempt == 1 and _may_have_run(here, thread, call):
        here.ongoing.doubts[operation] = Sentence(key="card.in_doubt.restored", names={"time": here.world.restored_at})
    else:
        here.draft.starts[operation] = Starting(call, approval)


def _may_have_run(here: Conversation, thread: Thread, call: effects.CallTool) -> bool:
    """
    Tell whether a call may have been made before the store was restored, in the time that its backup does not hold.

    Then its start is recorded and not carried out: people are asked, as of any start that nobody knows the end of.
    """
    if call.tool.idempotent or call.tool.read_only:
        return False
    asked = (thread.facts[seq].sent_at for seq in thread.state.consumes)
    return min(thread.records[0].at, *asked) <= here.world.restored_at


def look_after(here: Conversation, thread: Thread, drive: Drive, key: str, pending: Pending) -> None:
    """Start what was approved; ask about what was started and has nobody at it."""
    if not (pending.approved or pending.doubtful):
        return
    operation = Operation(thread.id, thread.state.run, key, pending.attempt)
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
        why = here.ongoing.doubts.get(operation) or Sentence(key="card.in_doubt.body")
        asking.ask_in_doubt(here, thread, call, _who_may(here, thread, call), why)


def _start_approved(here: Conversation, thread: Thread, call: effects.CallTool, pending: Pending) -> None:
    """Start what was approved, unless the policy has come to forbid it meanwhile."""
    needed = requirement(here, thread, call)
    if not isinstance(needed, policy.Forbid):
        _start_tool(here, thread, call, attempt=pending.attempt + 1, approval=pending.approval)
        return
    standings = _behind(thread, pending.approval)
    _refuse(here, thread, call, "forbidden", needed.reason)
    for standing in standings:
        if standing.settlement is not None:
            told = functools.partial(cards.forbidden, here, call.tool.name, needed.reason)
            settling.show_notes(here, standing.request, standing.settlement, told)


def _who_may(here: Conversation, thread: Thread, call: effects.CallTool) -> policy.Ask:
    """Say who rules on an attempt in doubt: those who may approve the call, else the owner."""
    needed = requirement(here, thread, call)
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


def finished(here: Conversation, operation: Operation, event: events.ToolFinished) -> None:
    """An attempt has ended: its run goes on, and the cards behind it say so."""
    thread = here.threads.get(operation.thread)
    if thread is None:
        return
    if thread.state.run != operation.run:  # the run was dropped, and another has begun
        here.add(event)
        approved = settling.standing_of(here, here.ongoing.approvals.get(operation) or "")
        _show_result(here, event, [approved] if approved is not None else [])
        return
    pending = thread.state.pending.get(operation.key)
    if pending is None or not pending.running or pending.attempt != operation.attempt:
        return
    doubt, approval = pending.request, pending.approval
    here.add(event)
    if doubt is not None and thread.state.requests[doubt].settlement is None:
        settling.withdraw(here, thread.state.requests[doubt].request, Sentence(key="in_doubt.arrived"))
    _show_result(here, event, _behind(thread, approval))


def _show_result(here: Conversation, event: events.ToolFinished, standings: Sequence[Standing]) -> None:
    for standing in standings:
        if standing.settlement is not None:
            told = functools.partial(cards.result, here, standing.request.tool or "", event)
            settling.show_notes(here, standing.request, standing.settlement, told)


def _behind(thread: Thread, approval: str | None) -> list[Standing]:
    """Give the approval that a start spent, and those that earlier attempts of it spent."""
    spent = thread.state.requests.get(approval or "")
    if spent is None:
        return []
    return [
        s for s in thread.state.requests.values() if s.request.key == spent.request.key and s.request.parent is None
    ]
