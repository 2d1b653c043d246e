"""
`[[people]]` of the settings: who there is, and what is theirs.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, ValidationInfo, field_validator

from agent_core import addresses, hours
from agent_core.addresses import Identity, Party
from agent_core.policy import Person
from gateway.sections import Language, Section, TimeOfDay, read_by

Address = Annotated[str, read_by(addresses.parse)]


class PersonSettings(Section):
    """A human being, with the accounts that are theirs."""

    id: str = Field(description="A short name without spaces; it stands in the log for ever.", examples=["ana"])
    name: str = Field(description="What others read.", examples=["Ana Lima"])
    identities: list[Address] = Field(
        default=[], description="Accounts, the one to reach them at first.", examples=[["slack:T024BE7LD/U0G9QF9C6"]]
    )
    roles: list[str] = Field(default=[], description="What they may decide.", examples=[["owner", "release"]])
    timezone: str = Field(default="UTC", description="In which times are written for them.")
    quiet: list[str] = Field(
        default=[],
        description='Quiet hours, by their own clock, in which nothing that can wait reaches them: ["22:00-07:00"].',
    )
    digest: list[TimeOfDay] = Field(
        default=[],
        description='When what can wait is shown in their own conversations, by their own clock: ["09:00", "16:00"].',
    )
    away: list[str] = Field(
        default=[],
        description='Days on which they are away, first and last, by their own clock: ["2026-12-24/2027-01-06"].',
    )
    deputy: str = Field(
        default="",
        description="Who decides in their stead while they are away, where a rule lets it be handed on: a person's id.",
    )
    language: Language | None = Field(
        default=None,
        description="What they read in their own conversations; without one, that of the gateway.",
        examples=["en"],
    )

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"there is no time zone {value!r}; write one like Europe/Berlin")
        return value

    @field_validator("quiet")
    @classmethod
    def _come_to_an_end(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if (
            "timezone" in info.data
            and hours.over([hours.parse(one, info.data["timezone"]) for one in value], 0) is None
        ):
            raise ValueError("they are never over, so this person could never be asked; leave some hours of the week")
        return value

    @field_validator("away")
    @classmethod
    def _are_days(cls, value: list[str], info: ValidationInfo) -> list[str]:
        for one in value:
            hours.days(one, info.data.get("timezone", "UTC"))
        return value

    def person(self) -> Person:
        """Give them as the policy has them."""
        return Person(
            id=Party(self.id),
            name=self.name,
            identities=tuple(map(Identity, self.identities)),
            roles=tuple(self.roles),
            timezone=self.timezone,
            quiet=tuple(hours.parse(written, self.timezone) for written in self.quiet),
            digest=tuple(hours.time(written, self.timezone) for written in self.digest),
            away=tuple(hours.days(written, self.timezone) for written in self.away),
            deputy=Party(self.deputy) if self.deputy else None,
            language=self.language or "",
        )
