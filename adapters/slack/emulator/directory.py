"""
The methods that say who is who: `auth.test`, `users.*`, `usergroups.users.list`, `team.info`, `bots.info`.
"""

from __future__ import annotations

from adapters.slack.emulator import access, errors, payloads, state
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.workspace import Workspace


class Directory:
    """The workspace, its people and its app."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def test(self, arguments: Arguments) -> state.Json:
        """auth.test with the bot's token."""
        known = self._workspace.state
        return {
            "url": f"https://{known.team_domain}.slack.com/",
            "team": known.team_name,
            "user": known.bot.name,
            "team_id": known.team_id,
            "user_id": known.bot.user_id,
            "bot_id": known.bot.bot_id,
            "is_enterprise_install": self._workspace.is_org_install,
            **({"enterprise_id": known.enterprise.id} if known.enterprise is not None else {}),
        }

    def test_app(self, arguments: Arguments) -> state.Json:
        """auth.test with the app's token: it stands for no user."""
        return {"app_name": self._workspace.state.bot.name, "app_id": self._workspace.state.bot.app_id}

    def user(self, arguments: Arguments) -> state.Json:
        """users.info."""
        access.need_scope(self._workspace, "users:read")
        wanted = arguments.needed("user")
        if wanted == self._workspace.state.bot.user_id:
            return {"user": self._bot_user()}
        person = self._workspace.state.people.get(wanted)
        if person is None:
            raise errors.ApiError("user_not_found")
        return {"user": self._user(person)}

    def user_by_email(self, arguments: Arguments) -> state.Json:
        """users.lookupByEmail."""
        access.need_scope(self._workspace, "users:read.email")
        email = arguments.needed("email").lower()
        for person in self._workspace.state.people.values():
            if person.email.lower() == email:
                return {"user": self._user(person)}
        raise errors.ApiError("users_not_found")

    def group_members(self, arguments: Arguments) -> state.Json:
        """usergroups.users.list. For a token of a whole organisation the workspace has to be named."""
        access.need_scope(self._workspace, "usergroups:read")
        known, wanted = self._workspace.state, arguments.needed("usergroup")
        if self._workspace.is_org_install and arguments.needed("team_id") != known.team_id:
            raise errors.ApiError("team_not_found")
        found = next((group for group in known.usergroups if group.id == wanted), None)
        if found is None or (found.is_disabled and not arguments.flag("include_disabled")):
            raise errors.ApiError("no_such_subteam")
        return {"users": found.users}

    def team(self, arguments: Arguments) -> state.Json:
        """team.info."""
        access.need_scope(self._workspace, "team:read")
        known = self._workspace.state
        if arguments.text("team") not in (None, known.team_id):
            raise errors.ApiError("team_not_found")
        icon = {"image_default": True, "image_34": payloads.ICONS["image_36"]}
        return {
            "team": {
                "id": known.team_id,
                "name": known.team_name,
                "domain": known.team_domain,
                "email_domain": "",
                "icon": icon,
                "url": f"https://{known.team_domain}.slack.com/",
                "is_verified": False,
            }
        }

    def bot(self, arguments: Arguments) -> state.Json:
        """bots.info."""
        access.need_scope(self._workspace, "users:read")
        bot = self._workspace.state.bot
        if arguments.text("bot") != bot.bot_id:
            raise errors.ApiError("bot_not_found")
        shown = {"id": bot.bot_id, "deleted": False, "name": bot.name, "updated": 0, "app_id": bot.app_id}
        return {"bot": {**shown, "user_id": bot.user_id, "icons": payloads.ICONS}}

    def _user(self, person: state.Person) -> state.Json:
        profile = {
            "real_name": person.real_name,
            "real_name_normalized": person.real_name,
            "display_name": person.name,
            "display_name_normalized": person.name,
            "team": self._workspace.team_of(person.id),
        }
        if "users:read.email" in self._workspace.state.scopes:
            profile["email"] = person.email
        shown = {
            **self._member(person.id, person.name, person.real_name),
            "tz": person.timezone,
            "profile": profile,
            "is_bot": person.bot_id is not None,
            "is_email_confirmed": True,
            "is_restricted": person.is_restricted or person.is_ultra_restricted,
            "is_ultra_restricted": person.is_ultra_restricted,
            "deleted": person.deleted,
        }
        return shown | ({"is_stranger": True} if self._is_stranger(person) else {})

    def _is_stranger(self, person: state.Person) -> bool:
        """Of another workspace, and in no channel with the bot: https://docs.slack.dev/reference/objects/user-object."""
        known = self._workspace.state
        return self._workspace.team_of(person.id) != known.team_id and not any(
            person.id in channel.members and self._workspace.has_bot(channel) for channel in known.channels.values()
        )

    def _bot_user(self) -> state.Json:
        bot = self._workspace.state.bot
        profile = {"real_name": bot.name, "display_name": "", "api_app_id": bot.app_id, "bot_id": bot.bot_id}
        return {
            **self._member(bot.user_id, bot.name, bot.name),
            "profile": {**profile, "team": self._workspace.state.team_id},
            "is_bot": True,
        }

    def _member(self, user_id: str, name: str, real_name: str) -> state.Json:
        flags = ("is_admin", "is_owner", "is_primary_owner", "is_restricted", "is_ultra_restricted", "is_app_user")
        member: state.Json = {
            "id": user_id,
            "team_id": self._workspace.team_of(user_id),
            "name": name,
            "deleted": False,
            "real_name": real_name,
            "updated": 0,
        }
        return member | dict.fromkeys(flags, False)
