"""
The settings of one mailbox: an `[[email]]` table.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

Security = Literal["tls", "starttls", "none"]


class Config(BaseModel):
    """One mailbox that an agent reads, and the server that takes its mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str = Field(
        description="The agent's address. What is sent to it with a plus sign and more in it has to arrive here too.",
        examples=["deploybot@example.com"],
        pattern=r"^[^@\s+/]{1,17}@[a-z0-9.-]+$",
    )
    name: str = Field(default="", description="What people read beside the address.", examples=["Deploybot"])
    imap_host: str = Field(description="Where mail is read.", examples=["imap.example.com"], min_length=1)
    imap_port: int = Field(default=993, ge=1, le=65_535, description="Its port.")
    imap_security: Literal["tls", "none"] = Field(
        default="tls", description="How the connection is kept from others; none is for loopback."
    )
    mailbox: str = Field(default="INBOX", description="The folder that is read.", min_length=1)
    smtp_host: str = Field(description="Where mail is handed in.", examples=["smtp.example.com"], min_length=1)
    smtp_port: int = Field(default=587, ge=1, le=65_535, description="Its port: 587 for starttls, 465 for tls.")
    smtp_security: Security = Field(
        default="starttls", description="How the connection is kept from others; none is for loopback."
    )
    smtp_login: bool = Field(default=True, description="Whether to log in there; some servers know us by our address.")
    user: str = Field(default="", description="Who logs in at both; the account, where it is not said.")
    password: SecretStr | None = Field(
        default=None, description="With what: a password for this program alone.", examples=["env:MAIL_PASSWORD"]
    )
    token: SecretStr | None = Field(default=None, description="Instead of a password: an access token for XOAUTH2.")
    oauth_url: str = Field(
        default="",
        validate_default=True,
        description="Instead of both: where a provider gives access tokens, which are then renewed by themselves, as"
        " https://oauth2.googleapis.com/token.",
        pattern=r"^(https://[^\s/]+/\S*|http://(127\.0\.0\.1|localhost)[:/]\S*)?$",
    )
    oauth_client: str = Field(default="", validate_default=True, description="The id of your application there.")
    oauth_secret: SecretStr | None = Field(default=None, description="Where its secret is.")
    oauth_refresh: SecretStr | None = Field(
        default=None, description="Where the refresh token is; without one the application itself is let in."
    )
    oauth_scope: str = Field(default="", description="What the token is for, where the provider wants to know.")
    secret: SecretStr = Field(
        description="At least 32 random characters, by which replies prove what they answer. Keep it: with another one"
        " nobody can reply to what was sent before.",
        examples=["env:MAIL_SECRET"],
        min_length=32,
    )
    authserv_id: str = Field(
        description="The name under which your receiving server writes Authentication-Results. Nobody's mail decides"
        " anything without its dmarc=pass.",
        examples=["mx.example.com"],
        min_length=1,
    )
    largest: int = Field(
        default=10 * 1024 * 1024, ge=64 * 1024, le=16 * 1024 * 1024, description="Bytes of a mail that is read whole."
    )

    @field_validator("oauth_client")
    @classmethod
    def _asks(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("oauth_url"):
            raise ValueError("is missing: with oauth_url, oauth_client says who asks")
        return value

    @field_validator("oauth_url")
    @classmethod
    def _logs_in(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("password") is None and info.data.get("token") is None:
            raise ValueError("is missing, and so are password and token; one of them logs in")
        return value

    @property
    def login(self) -> str:
        """Who logs in."""
        return self.user or self.account
