"""
Settings that are read again while the gateway runs: people and policy, all of them or none.

Everything else needs a restart, and is named. A request that is open keeps the terms under which it was opened; who may
decide it is looked up when somebody does, and so follows the new directory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent_core.policy import Rule
from gateway.directory import Directory
from gateway.errors import SettingsError
from gateway.settings import Settings
from gateway.store.base import Store

log = logging.getLogger("ringback.settings")

LIVE = ("people", "policy")


class Reloading:
    """
    Reads the settings again.

    Args:
        running: What the gateway was started with.
        load: Reads the file, with the same options as at the start.
        rules: The policy that is judged by; its content is replaced.
    """

    def __init__(
        self, running: Settings, load: Callable[[], Settings], directory: Directory, rules: list[Rule], store: Store
    ) -> None:
        self._running, self._load, self._directory, self._rules, self._store = running, load, directory, rules, store

    async def reload(self) -> list[str]:
        """
        Take people and policy from the file.

        Returns:
            The tables that have changed besides, which need a restart.

        Raises:
            SettingsError: Something in the file is wrong; all stays as it was.
        """
        try:
            wanted = self._load()
        except SettingsError as error:
            log.error("settings are not read again, and stay as they were: %s", error)
            raise
        async with self._directory.linking:
            links = await self._store.links()
            self._directory.replace(wanted.directory())
            for link in links:
                if not self._directory.link(link.identity, link.person):
                    told = "%s is linked to %s, who is nobody, or it is somebody else's"
                    log.warning(told, link.identity, link.person)
        self._rules[:] = wanted.rules()
        names = [name for name in Settings.model_fields if name not in LIVE]
        changed = [name for name in names if getattr(wanted, name) != getattr(self._running, name)]
        log.info("settings are read again: %d people, %d rules", len(wanted.people), len(wanted.policy))
        if changed:
            log.warning("these settings have changed and need a restart: %s", ", ".join(changed))
        return changed
