"""
Who is in a user group.

In an organisation a user group belongs to one of its workspaces, which a token for all of it has to name: there a group
is written with it, `T024BE7LD/S0614TZR7` (docs.slack.dev/reference/methods/usergroups.users.list).
"""

from __future__ import annotations

from adapters.errors import Rejected, Unknown
from adapters.slack.client import SHAPE, Client
from adapters.slack.config import GROUP
from adapters.slack.parse import CHANNEL
from agent_core import addresses
from agent_core.addresses import Identity

METHOD = "usergroups.users.list"


async def members(client: Client, account: str, group: str) -> frozenset[Identity]:
    """
    Ask Slack who is in a user group.

    Raises:
        ChannelError: It cannot be read.
    """
    written = GROUP.fullmatch(group)
    if written is None:
        raise Rejected(f"{group} is no user group's id", permanent=True)
    arguments = {"usergroup": written["group"]} | ({"team_id": written["team"]} if written["team"] else {})
    answer = await client.call(METHOD, arguments, form=True)
    users = answer.get("users")
    if not isinstance(users, list) or not all(isinstance(user, str) and user for user in users):
        raise Unknown(f"{METHOD}: {SHAPE}")
    return frozenset(addresses.identity(CHANNEL, account, user) for user in users)
