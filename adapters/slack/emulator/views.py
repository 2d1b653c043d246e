"""
The methods `views.*`.
"""

from __future__ import annotations

from adapters.slack.emulator import errors, payloads, state
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.modals import Modals
from adapters.slack.emulator.workspace import Workspace


class Views:
    """What an app does with modals."""

    def __init__(self, workspace: Workspace, modals: Modals) -> None:
        self._workspace = workspace
        self._modals = modals

    def open(self, arguments: Arguments) -> state.Json:
        """views.open."""
        view = self._modals.open(arguments.needed("trigger_id"), _view(arguments))
        return {"view": payloads.view(self._workspace, view)}

    def push(self, arguments: Arguments) -> state.Json:
        """views.push."""
        view = self._modals.push(arguments.needed("trigger_id"), _view(arguments))
        return {"view": payloads.view(self._workspace, view)}

    def update(self, arguments: Arguments) -> state.Json:
        """views.update: "If the hash is outdated, the API call will be rejected"."""
        view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
        if view_id is None and external_id is None:
            raise errors.ApiError("invalid_arguments", problems=["missing required field: view_id"])
        given = _view(arguments)
        view = self._modals.find(view_id=view_id, external_id=external_id)
        if arguments.text("hash") not in (None, view.hash):
            raise errors.ApiError("hash_conflict")
        self._modals.update(view, given)
        return {"view": payloads.view(self._workspace, view)}


def _view(arguments: Arguments) -> state.Json:
    given = arguments.structure("view", error="invalid_arguments")
    if not isinstance(given, dict):
        raise errors.ApiError("invalid_arguments", problems=["missing required field: view"])
    return given
