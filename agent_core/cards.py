"""
Cards: what people see of a request, worded already, for any channel to lay out.
"""

from __future__ import annotations

from agent_core import forms
from agent_core.requests import Choice, Decision, Frozen


class Confirm(Frozen):
    """What is asked once more before a press counts: `text` names what is decided; `yes` and `no` label the buttons."""

    title: str
    text: str
    yes: str
    no: str


class Row(Frozen):
    """
    One request of a list: its code, what it is in a line, how it stands.

    `buttons` are what can be said to it there, in a menu; without any it has ended.
    """

    request: str
    code: str
    text: str
    note: str = ""
    buttons: tuple[tuple[Decision, str], ...] = ()


class Card(Frozen):
    """
    A request as people see it, worded already; a channel only lays it out.

    `facts` are label and value; `due` is seconds since the epoch, shown after `by` in the reader's time zone;
    `notes` grow below as things happen. `buttons` are decisions with their labels, `form` labels the button that
    opens the form, whose `fields` stand here so that it opens at once; without any it is the one that says why not.
    `denials` are more ways to say no, each of which opens that one with its own reason in it. `edit` labels the
    button behind which it is approved with a comment, and with changes where arguments are `editable`; `revision`
    counts how often they were, and comes back with each press. `confirm` is asked after a press on the button that
    approves. `grants` are the scopes in which it can be approved for longer, with their labels; once it is, `grant`
    tells how that stands, and `revoke` labels the button that ends it. `hand` labels the button behind which it is
    handed on. A list of several requests has `rows`, each with the menu that `menu` labels; its `buttons` are about
    all in `rows` that are open.
    """

    title: str
    body: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    why: str = ""
    asker: str = ""
    by: str = ""
    due: float | None = None
    silence: str = ""
    how: str = ""
    code: str = ""
    buttons: tuple[tuple[Decision, str], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    form: str = ""
    fields: tuple[forms.Field, ...] = ()
    denials: tuple[Choice, ...] = ()
    edit: str = ""
    editable: tuple[forms.Field, ...] = ()
    hand: str = ""
    revision: int = 0
    confirm: Confirm | None = None
    grants: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    menu: str = ""
    notes: tuple[str, ...] = ()
    grant: str = ""
    revoke: str = ""
    again: str = ""

    @property
    def topic(self) -> str:
        """What a letter with it is about."""
        return f"{self.title} [{self.code}]" if self.code else self.title
