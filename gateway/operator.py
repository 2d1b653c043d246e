"""
What somebody with the owner role says about a thread: restart, fork, attach, cancel, go on, ask again, revoke.
"""

from __future__ import annotations

from agent_core import addresses, events, facts
from agent_core.thread import Thread
from gateway import granting, runs
from gateway.conversation import Conversation


def act(here: Conversation, seq: int, acted: facts.OperatorActed) -> None:
    """Do as the owner says, where it makes sense as the thread stands now. `seq` is where that stands in the log."""
    thread = here.threads.get(acted.thread)
    if thread is None or not thread.state.run:
        return
    state = thread.state
    match acted.choice:
        case "revoke":
            granting.revoke_for(here, acted)
        case "restart" if state.active:
            runs.restart(here, thread)
        case "cancel" if state.active:
            runs.cancel(here, thread, None, acted.by)
        case "fork" if state.branch == "main":
            _fork(here, seq, thread, acted)
        case "attach" if state.suppressed:
            here.add(events.ThreadAttached(thread=thread.id, run=state.run, by=acted.by))
        case "ask_again" if state.parked is not None and state.parked.reason == "diverged":
            pass  # nothing was asked that could be asked again
        case "go_on" | "ask_again" if state.parked is not None:
            _resume(here, thread, acted)


def _resume(here: Conversation, thread: Thread, acted: facts.OperatorActed) -> None:
    key = thread.state.parked.key if thread.state.parked is not None else None
    pending = thread.state.pending.get(key) if key is not None else None
    here.add(
        events.RunResumed(
            thread=thread.id,
            run=thread.state.run,
            choice="ask_again" if acted.choice == "ask_again" else "go_on",
            by=acted.by,
            key=key,
            outcome=pending.halted if pending is not None else None,
        )
    )


def _fork(here: Conversation, seq: int, thread: Thread, acted: facts.OperatorActed) -> None:
    """Begin a branch with what of the run's log the agent's current code agrees with, and nothing unfinished."""
    state = thread.state
    listening = here.world.agents.named(state.agent)
    if listening is None:
        return
    agreed = runs.agreed(here, thread, listening.current)
    branch = acted.note or f"fork{seq}"
    name = addresses.thread_id(here.key, state.root, state.agent, branch)
    if name in here.threads:
        return
    fork = Thread(name, here.key, dict(thread.facts))
    for record in agreed:
        fork.apply(record)
    here.threads[name] = fork
    here.add(
        events.ThreadForked(
            thread=name,
            run=state.run,
            origin=thread.id,
            upto=max(map(here.seq, agreed), default=0),
            by=acted.by,
            version=listening.current.version,
            branch=branch,
        )
    )
