"""
Modals: what a view may be, and the stack of views on a person's screen.

https://docs.slack.dev/surfaces/modals and https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from adapters.slack.emulator import blocks, checks, errors, markup, state, triggers
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

DEEPEST_STACK = 3
LARGEST_VIEW = 250_000  # bytes: `view_too_large`

VIEW = checks.record(
    {
        "type": checks.one_of("modal"),
        "title": blocks.text(24, blocks.PLAIN),
        "submit": blocks.text(24, blocks.PLAIN),
        "close": blocks.text(24, blocks.PLAIN),
        "blocks": checks.anything,
        "private_metadata": checks.string(3000),
        "callback_id": checks.string(255),
        "external_id": checks.string(255),
        "clear_on_close": checks.boolean,
        "notify_on_close": checks.boolean,
        "submit_disabled": checks.boolean,
    },
    required=("type", "title", "blocks"),
)


class Modals:
    """The views of everybody."""

    def __init__(self, workspace: Workspace, known: triggers.Triggers, *, clock: Clock) -> None:
        self._workspace = workspace
        self._triggers = known
        self._clock = clock

    def open(self, trigger_id: str, given: Any) -> state.View:
        """
        Show a first view to the person behind the trigger.

        A modal that is open already gives way: one app has one modal on a screen.
        """
        trigger = self._triggers.look(trigger_id)
        definition = self.checked(given)
        trigger.is_used = True
        with self._workspace.change():
            self.clear(trigger.person)
            return self._place(trigger.person, definition, below=None)

    def push(self, trigger_id: str, given: Any) -> state.View:
        """Lay a view on the one in which the trigger arose."""
        trigger = self._triggers.look(trigger_id)
        below = self.top(trigger.person)
        if below is None or trigger.view_id is None:
            raise errors.ApiError("not_found")
        definition = self.checked(given)
        if len(self._stack(trigger.person)) >= DEEPEST_STACK:
            raise errors.ApiError("push_limit_reached")
        trigger.is_used = True
        with self._workspace.change():
            return self._place(trigger.person, definition, below=below)

    def push_on(self, below: state.View, given: Any) -> state.View:
        """Lay a view on another, as an answer to a submission."""
        definition = self.checked(given)
        if len(self._stack(below.person)) >= DEEPEST_STACK:
            raise errors.ApiError("push_limit_reached")
        with self._workspace.change():
            return self._place(below.person, definition, below=below)

    def update(self, view: state.View, given: Any) -> None:
        """Replace what a view shows. What somebody has entered stays where block_id and action_id stay."""
        definition = self.checked(given, instead_of=view)
        with self._workspace.change():
            view.definition = definition
            view.errors = {}
            view.hash = self._hash()
            kept = {block.get("block_id") for block in definition["blocks"]}
            view.values = {block_id: entry for block_id, entry in view.values.items() if block_id in kept}

    def find(self, *, view_id: str | None, external_id: str | None) -> state.View:
        """
        Raises:
            ApiError: `not_found`; also for a view that has been closed.
        """
        for view in self._workspace.state.views.values():
            named = view.id == view_id if view_id else view.definition.get("external_id") == external_id
            if view.is_open and named:
                return view
        raise errors.ApiError("not_found")

    def top(self, person_id: str) -> state.View | None:
        """What that person has before them."""
        stack = self._stack(person_id)
        return self._workspace.state.views[stack[-1]] if stack else None

    def close(self, view: state.View) -> None:
        """Take a view, and what lies on it, from the screen."""
        stack = self._stack(view.person)
        if view.id not in stack:
            return
        with self._workspace.change():
            for gone in stack[stack.index(view.id) :]:
                self._workspace.state.views[gone].is_open = False
            del stack[stack.index(view.id) :]

    def clear(self, person_id: str) -> None:
        """Take the whole modal from the screen."""
        stack = self._stack(person_id)
        if stack:
            self.close(self._workspace.state.views[stack[0]])

    def checked(self, given: Any, *, instead_of: state.View | None = None) -> state.Json:
        """
        A view as Slack keeps it.

        Raises:
            ApiError: `invalid_arguments` with what is wrong, `view_too_large` or `duplicate_external_id`.
        """
        problems = checks.Problems()
        VIEW(given, "/view", problems)
        if isinstance(given, dict) and isinstance(given.get("blocks"), list):
            blocks.find_problems(
                given["blocks"], "/view/blocks", problems, known=blocks.EVERYWHERE, most=blocks.MOST_IN_MODAL
            )
            kinds = [block.get("type") for block in given["blocks"] if isinstance(block, dict)]
            if "input" in kinds and not given.get("submit"):
                problems.add("/view", "missing required field: submit")
        elif isinstance(given, dict) and given.get("blocks") is not None:
            problems.add("/view/blocks", "must be an array")
        if problems.found:
            raise errors.ApiError("invalid_arguments", problems=problems.found)
        if len(json.dumps(given).encode()) > LARGEST_VIEW:
            raise errors.ApiError("view_too_large")
        external_id = given.get("external_id")
        for view in self._workspace.state.views.values():
            taken = view.is_open and view is not instead_of and view.definition.get("external_id") == external_id
            if external_id and taken:
                raise errors.ApiError("duplicate_external_id")
        checked: state.Json = markup.escape_blocks({**given, "blocks": blocks.complete(given["blocks"])})
        return checked

    def _stack(self, person_id: str) -> list[str]:
        return self._workspace.state.stacks.setdefault(person_id, [])

    def _place(self, person_id: str, definition: state.Json, *, below: state.View | None) -> state.View:
        view_id = self._workspace.next_id("V", self._clock())
        view = state.View(
            id=view_id,
            person=person_id,
            definition=definition,
            hash=self._hash(),
            root_id=below.root_id if below is not None else view_id,
            previous_id=below.id if below is not None else None,
        )
        self._workspace.state.views[view.id] = view
        self._stack(person_id).append(view.id)
        return view

    def _hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_hex(4)}"
