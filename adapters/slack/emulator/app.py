"""
The emulator: its parts put together, as an ASGI application.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from adapters.slack.emulator import errors
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.changes import Changes
from adapters.slack.emulator.chat import Chat
from adapters.slack.emulator.commands import Commands
from adapters.slack.emulator.conversations import Conversations
from adapters.slack.emulator.directory import Directory
from adapters.slack.emulator.faults import KINDS, Fault, Faults
from adapters.slack.emulator.files import Files
from adapters.slack.emulator.human_api import HumanApi
from adapters.slack.emulator.interactions import Interactions
from adapters.slack.emulator.modals import Modals
from adapters.slack.emulator.people import People
from adapters.slack.emulator.response_urls import ResponseUrls
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.screen import Screen
from adapters.slack.emulator.settings import Settings, stored
from adapters.slack.emulator.socket_mode import SocketMode
from adapters.slack.emulator.state import Json
from adapters.slack.emulator.statuses import Statuses
from adapters.slack.emulator.timeline import Timeline
from adapters.slack.emulator.triggers import Triggers
from adapters.slack.emulator.views import Views
from adapters.slack.emulator.web_api import Method, WebApi
from adapters.slack.emulator.workspace import Workspace

RETRY_DELAYS = (0.0, 60.0, 300.0)  # seconds; https://docs.slack.dev/apis/events-api#retries
ACK_TIMEOUT = 3.0  # seconds; https://docs.slack.dev/apis/events-api#responding
CONNECTION_TIME = 18_060.0  # seconds until a connection is refreshed; as in the sample of a hello


class Emulator:
    """
    Slack, for one workspace and one app.

    Attributes:
        app: The ASGI application; mount it anywhere. The client libraries' base address is where it is mounted plus
            `/api/`.
        workspace: The state.
        people: The human side as Python methods, the same that `/human` offers.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock: Clock = time.time,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        ack_timeout: float = ACK_TIMEOUT,
        connection_time: float = CONNECTION_TIME,
        loopback_only: bool = True,
    ) -> None:
        """
        Args:
            clock: What the emulator goes by. After moving it by hand, call `tick`.
            retry_delays: Seconds from a failed delivery of an event to the next one; after the last it is given up.
            ack_timeout: Seconds until an envelope without an acknowledgement counts as failed.
            connection_time: Seconds until a connection is told to refresh.
            loopback_only: Whether `/human` and `/faults` refuse callers from other machines.
        """
        self.workspace = workspace
        self._faults = Faults()
        self._schedule = Schedule(clock)
        self._sockets = SocketMode(
            workspace,
            self._faults,
            self._schedule,
            clock=clock,
            retry_delays=retry_delays,
            ack_timeout=ack_timeout,
            connection_time=connection_time,
        )
        timeline = Timeline(workspace, clock=clock, publish=self._sockets.deliveries.publish)
        triggers = Triggers(clock)
        modals = Modals(workspace, triggers, clock=clock)
        ways_back = ResponseUrls(workspace, timeline, clock=clock)
        deliveries = self._sockets.deliveries
        interactions = Interactions(workspace, deliveries, modals, triggers, ways_back, clock=clock)
        commands = Commands(workspace, deliveries, triggers, ways_back, clock=clock)
        files = Files(workspace, timeline, clock=clock)
        self.people = People(workspace, timeline, interactions, commands, files)
        self._web_api = WebApi(
            workspace,
            self._faults,
            ways_back,
            files,
            self._methods(
                Chat(workspace, timeline, clock=clock),
                Views(workspace, modals),
                files,
                Statuses(workspace, self._schedule, clock=clock),
            ),
            clock=clock,
        )
        self._screen = Screen(workspace, modals)
        self._changes = Changes(workspace)
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self._web_api.call, methods=["GET", "POST"]),
                Route("/actions/{token}", self._web_api.respond, methods=["POST"]),
                Route("/upload/v1/{ticket}", self._web_api.upload, methods=["POST"]),
                Route("/files-pri/{file}/{name}", self._web_api.download, methods=["GET"]),
                Route("/files-pri/{file}/download/{name}", self._web_api.download, methods=["GET"]),
                Route("/signin", files.sign_in, methods=["GET"]),
                WebSocketRoute("/link/", self._sockets),
                *HumanApi(self, self._changes, loopback_only=loopback_only).routes(),
            ]
        )

    @property
    def faults(self) -> list[Fault]:
        """The faults in force."""
        return list(self._faults)

    def add_fault(self, fault: Fault) -> Fault:
        """
        Put a fault in force.

        Args:
            fault: Its `channel` may also be a person's id, for the IM with them.

        Raises:
            Refused: It is on something that does not exist.
        """
        if fault.on not in {*self._web_api.names, *KINDS} - {"method"}:
            raise errors.Refused(f"{fault.on} is no method of the emulator, nor socket, envelope or token.", status=400)
        if fault.channel is not None:
            place = self.workspace.place(fault.channel) or self.workspace.im_with(fault.channel)
            if place is None:
                raise errors.Refused(f"There is no conversation {fault.channel} here.", status=400)
            fault = fault.model_copy(update={"channel": place.id})
        fault = self._faults.add(fault)
        self._sockets.apply_faults()
        return fault

    def remove_fault(self, fault_id: str) -> bool:
        """Take a fault out of force, if it is."""
        was_there = self._faults.remove(fault_id)
        self._sockets.apply_faults()
        return was_there

    def clear_faults(self) -> None:
        """Take every fault out of force."""
        self._faults.clear()
        self._sockets.apply_faults()

    def deliver_to(self, url: str | None) -> None:
        """
        Where the app hears us.

        Args:
            url: Its Request URL, which has to answer Slack's handshake before anything is sent there. Socket Mode is
                off then. None: Socket Mode.
        """
        self._sockets.deliveries.deliver_to(url)
        if url is not None:
            self._sockets.disable()

    @property
    def settings(self) -> Json:
        """The app's settings and the workspace's, as in `/app`."""
        request_url = self._sockets.deliveries.request_url
        return {**stored(self.workspace), "request_url": request_url.describe() if request_url else None}

    def configure(self, given: Settings) -> None:
        """Change settings."""
        given.apply(self.workspace)
        if "request_url" in given.model_fields_set:
            self.deliver_to(given.request_url)

    def screen(self, person: str, channel: str = "dm") -> Json:
        """What a person sees in a conversation, as in `/human/view`."""
        return self._screen.show(*self.people.at(person, channel))

    def state(self) -> Json:
        """Everything, for checks: as in `/human/state`."""
        known = self.workspace.state.model_dump(mode="json", exclude={"tokens", "last_stamp"})
        for name in ("messages", "ephemerals"):
            known[name] = sorted(
                (message for place in known[name].values() for message in place.values()),
                key=lambda message: tuple(map(int, message["ts"].split("."))),
            )
        for name in ("people", "channels", "ims", "files", "views", "response_urls", "deliveries"):
            known[name] = list(known[name].values())
        known["connections"] = self._sockets.describe()
        known["request_url"] = self.settings["request_url"]
        known["faults"] = [fault.model_dump() for fault in self._faults]
        return known

    def tick(self) -> None:
        """Do what the clock says is due."""
        self._schedule.tick()

    def close(self) -> None:
        """End connections, streams and timers. The workspace can serve another emulator afterwards."""
        self._schedule.close()
        self._changes.close()
        self._sockets.close()
        self._sockets.deliveries.close()

    def _open_connection(self, arguments: Arguments) -> Json:
        """apps.connections.open."""
        query = f"ticket={self._sockets.new_ticket()}&app_id={self.workspace.state.bot.app_id}"
        return {"url": f"ws{arguments.base_url.removeprefix('http')}/link/?{query}"}

    def _methods(self, chat: Chat, views: Views, files: Files, statuses: Statuses) -> dict[str, Method]:
        conversations = Conversations(self.workspace)
        directory = Directory(self.workspace)
        return {
            "apps.connections.open": Method(app=self._open_connection),
            "assistant.threads.setStatus": Method(bot=statuses.set),
            "auth.test": Method(bot=directory.test, app=directory.test_app),
            "bots.info": Method(bot=directory.bot),
            "chat.delete": Method(bot=chat.delete),
            "chat.getPermalink": Method(bot=chat.permalink),
            "chat.postEphemeral": Method(bot=chat.post_ephemeral),
            "chat.postMessage": Method(bot=chat.post_message),
            "chat.update": Method(bot=chat.update),
            "conversations.history": Method(bot=conversations.history),
            "conversations.info": Method(bot=conversations.info),
            "conversations.members": Method(bot=conversations.members),
            "conversations.open": Method(bot=conversations.open),
            "conversations.replies": Method(bot=conversations.replies),
            "files.completeUploadExternal": Method(bot=files.complete),
            "files.getUploadURLExternal": Method(bot=files.offer),
            "files.info": Method(bot=files.info),
            "reactions.add": Method(bot=chat.react),
            "team.info": Method(bot=directory.team),
            "usergroups.users.list": Method(bot=directory.group_members),
            "users.info": Method(bot=directory.user),
            "users.lookupByEmail": Method(bot=directory.user_by_email),
            "views.open": Method(bot=views.open),
            "views.push": Method(bot=views.push),
            "views.update": Method(bot=views.update),
        }
