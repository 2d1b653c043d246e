"""
What can go wrong in the core, sorted by who acts next.

CoreError
├── AgentFault            the agent's author: the run fails, its owner gets the traceback
│   ├── ImpureAgent       it awaited something else than `run`
│   ├── NeverAwaited      an operation was made and forgotten
│   ├── TooLong           more than OPERATIONS_LIMIT operations in one run
│   └── Stopped           a person stopped the run at a limit
├── Diverged              the owner role: log and code disagree, the run is parked
├── InvalidRequest        the agent's author or the policy's: a request nobody could answer
├── InvalidArguments      the agent: arguments that the tool's schema refuses
└── IllegalTransition     us: an event that the life-cycle table does not list
"""

from __future__ import annotations


class CoreError(Exception):
    """The core refuses."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__class__.__doc__ or "").strip())


class AgentFault(CoreError):
    """The agent function did something an agent function may not do."""


class ImpureAgent(AgentFault):
    """An agent may await only its `run`; put input and output into a tool."""


class NeverAwaited(AgentFault):
    """An operation was made but never awaited."""


class TooLong(AgentFault):
    """A run may hold 1,000 operations; go on with `return await run.again(state)`."""


class Stopped(AgentFault):
    """A person stopped this run at one of its limits."""


class Diverged(CoreError):
    """
    The recorded log and the agent's code disagree.

    Args:
        recorded: What the log says happened next.
        expected: What the code was waiting for instead.
    """

    def __init__(self, *, recorded: str, expected: str) -> None:
        super().__init__(f"the log says {recorded}, but the code waits for {expected}")
        self.recorded = recorded
        self.expected = expected


class InvalidRequest(CoreError):
    """A request that nobody could answer is refused when it is made."""


class InvalidArguments(CoreError):
    """The tool's schema refuses these arguments."""


class IllegalTransition(CoreError):
    """The life cycle does not list this event in this state."""
