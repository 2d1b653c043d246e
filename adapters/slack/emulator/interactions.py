"""
People pressing buttons, choosing and filling in modals; and what the app answers to that.
"""

from __future__ import annotations

import asyncio
from typing import Any

from adapters.slack.emulator import answers, blocks, errors, payloads, response_urls, state, triggers
from adapters.slack.emulator.deliveries import Answer, Deliveries
from adapters.slack.emulator.modals import Modals
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"  # what Slack's client says in a modal


class Interactions:
    """Everything that reaches the app as an `interactive` delivery."""

    def __init__(
        self,
        workspace: Workspace,
        deliveries: Deliveries,
        modals: Modals,
        known_triggers: triggers.Triggers,
        ways_back: response_urls.ResponseUrls,
        *,
        clock: Clock,
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._modals = modals
        self._triggers = known_triggers
        self._ways_back = ways_back
        self._clock = clock

    def click(
        self,
        person: state.Person,
        message: state.Message,
        action_id: str,
        value: Any,
        entered: Any,
        *,
        confirmed: bool = False,
    ) -> state.Json:
        """
        Press a button or choose in a message.

        Args:
            value: The option to choose; with a button, its value, where several have one action_id.
            entered: What the person has typed into input blocks of the message, by block and action.
            confirmed: They have confirmed it in the dialog that asks once more, where the element has one.
        """
        block, element = _find(message.blocks, action_id, value, "message")
        _check_confirmed(element, confirmed)
        chosen = answers.merged(message.selections.get(person.id, {}), answers.read(message.blocks, entered or {}))
        action = self._act(block, element, value, chosen)
        trigger_id = self._triggers.new(person.id)
        with self._workspace.change():
            message.selections[person.id] = chosen
            token = self._ways_back.new(person.id, message.channel, message=message)
            payload = {
                **payloads.interaction(self._workspace, "block_actions", person),
                **payloads.message_source(self._workspace, message, person.id),
                "trigger_id": trigger_id,
                "response_url": f"{self._workspace.base_url}/actions/{token}",
                "actions": [action],
            }
            self._ask(person, payload, channel=message.channel)
        return {"trigger_id": trigger_id}

    def click_in_view(
        self, person: state.Person, view_id: str, action_id: str, value: Any, *, confirmed: bool = False
    ) -> state.Json:
        """Press a button or choose in a modal, outside its input blocks."""
        view = self._visible(person, view_id)
        block, element = _find(view.definition["blocks"], action_id, value, "modal")
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise errors.Refused("What is entered there goes to the app only with the whole form.")
        _check_confirmed(element, confirmed)
        trigger_id = self._triggers.new(person.id, view_id=view.id)
        with self._workspace.change():
            action = self._act(block, element, value, view.values)
            payload = {
                **payloads.interaction(self._workspace, "block_actions", person),
                "container": {"type": "view", "view_id": view.id},
                "trigger_id": trigger_id,
                "view": payloads.view(self._workspace, view),
                "actions": [action],
            }
            self._ask(person, payload, view_id=view.id)
        return {"trigger_id": trigger_id}

    async def submit(self, person: state.Person, view_id: str, entered: Any) -> state.Json:
        """
        Submit a modal and wait for the app's answer.

        Returns:
            Nothing if the app took it, `errors` by block, or `warning` if the app did not answer or not sensibly; the
            modal stays open then.
        """
        view = self._visible(person, view_id)
        if not view.definition.get("submit"):
            raise errors.Refused("This modal has no button to submit it.")
        shown = view.definition["blocks"]
        given = answers.values(shown, answers.merged(view.values, answers.read(shown, entered or {})))
        refused = answers.problems(shown, given)
        with self._workspace.change():
            view.values, view.errors = given, refused
        if refused:
            return {"errors": refused}
        trigger_id = self._triggers.new(person.id, view_id=view.id)
        payload = {
            **payloads.interaction(self._workspace, "view_submission", person),
            "trigger_id": trigger_id,
            "view": payloads.view(self._workspace, view),
            "response_urls": [],
        }
        answer = await self._deliveries.ask(payload, channel=None)
        try:
            return self._follow(view, answer)
        except errors.ApiError:
            self._workspace.notify(person.id, TROUBLE, self._clock(), view_id=view.id)
            return {"warning": TROUBLE}

    def close(self, person: state.Person, view_id: str, *, everything: bool) -> None:
        """
        Press Cancel, or with `everything` the x in the corner.

        "If the user exits the modal with the x button, you'll receive a view_closed event with the initial modal view's
        id and the is_cleared flag set to true" (https://docs.slack.dev/surfaces/modals#interactions).
        """
        view = self._visible(person, view_id)
        clears = everything or view.definition.get("clear_on_close", False)
        told = self._workspace.state.views[view.root_id] if clears else view
        payload = {
            **payloads.interaction(self._workspace, "view_closed", person),
            "view": payloads.view(self._workspace, told),
            "is_cleared": clears,
            "response_urls": [],
        }
        with self._workspace.change():
            if clears:
                self._modals.clear(person.id)
            else:
                self._modals.close(view)
            if told.definition.get("notify_on_close"):
                self._deliveries.ask(payload, channel=None)

    def _ask(
        self,
        person: state.Person,
        payload: state.Json,
        *,
        channel: str | None = None,
        view_id: str | None = None,
    ) -> None:
        def done(answered: asyncio.Future[Answer]) -> None:
            if not answered.result().is_acked:
                sentence = f"{self._workspace.state.bot.name} did not respond."
                self._workspace.notify(person.id, sentence, self._clock(), channel=channel, view_id=view_id)

        self._deliveries.ask(payload, channel=channel).add_done_callback(done)

    def _act(self, block: state.Json, element: state.Json, value: Any, chosen: answers.Values) -> state.Json:
        """What stands in `actions`. A choice is also remembered in `chosen`."""
        action = {"type": element["type"], "block_id": block["block_id"], "action_id": element["action_id"]}
        if element["type"] == "button":
            action |= {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        else:
            entry = answers.entry(element, value)
            chosen.setdefault(block["block_id"], {})[element["action_id"]] = entry
            action |= entry
            if "placeholder" in element:
                action["placeholder"] = element["placeholder"]
        if "confirm" in element:
            action["confirm"] = element["confirm"]
        return {**action, "action_ts": self._workspace.next_ts(self._clock())}

    def _visible(self, person: state.Person, view_id: str) -> state.View:
        top = self._modals.top(person.id)
        if top is None or top.id != view_id:
            raise errors.Refused(f"{person.real_name} does not have that modal before them.")
        return top

    def _follow(self, view: state.View, answer: Answer) -> state.Json:
        """
        Do what the app answered to a submission.

        Raises:
            ApiError: It did not answer, or not in a way that Slack understands.
        """
        if not answer.is_acked:
            raise errors.ApiError("no_answer")
        payload = answer.payload or {}
        if not isinstance(payload, dict):
            raise errors.ApiError("invalid_answer")
        match payload.get("response_action"):
            case None:
                self._modals.close(view)
            case "clear":
                self._modals.clear(view.person)
            case "update":
                self._modals.update(view, payload.get("view"))
            case "push":
                self._modals.push_on(view, payload.get("view"))
            case "errors":
                return {"errors": self._show_errors(view, payload.get("errors"))}
            case _:
                raise errors.ApiError("unknown_response_action")
        return {}

    def _show_errors(self, view: state.View, given: Any) -> dict[str, str]:
        inputs = {block["block_id"] for block in view.definition["blocks"] if block["type"] == "input"}
        if not isinstance(given, dict) or not given or not set(given) <= inputs:
            raise errors.ApiError("errors_name_no_input_block")
        with self._workspace.change():
            view.errors = {block_id: str(sentence) for block_id, sentence in given.items()}
        return view.errors


def _check_confirmed(element: state.Json, confirmed: bool) -> None:
    """
    Let nothing reach the app before the dialog is answered that its element comes with.

    https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
    """
    if "confirm" in element and not confirmed:
        asked = element["confirm"]
        raise errors.Refused(f"Slack asks first: {asked['title']['text']} ({asked['confirm']['text']})")


def _find(shown: list[state.Json], action_id: str, value: Any, where: str) -> tuple[state.Json, state.Json]:
    for block in shown:
        for element in blocks.elements(block):
            if element.get("action_id") != action_id:
                continue
            if element["type"] != "button" or value is None or element.get("value") == value:
                return block, element
    raise errors.Refused(f"There is no such button in that {where} (any longer).")
