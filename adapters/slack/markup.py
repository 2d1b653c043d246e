"""
Slack's markup of references, read as people see it.

See "Parsing retrieved messages" (docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re

# Slack writes a bracket in words as an entity; and without brackets inside, a text of nothing else is read once only.
_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_REFERENCE = re.compile(r"<([#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)")


def mentions(text: str) -> list[str]:
    """Give the users whom a text mentions."""
    return _MENTION.findall(text)


def clean(text: str, us: str) -> str:
    """Turn references into plain words; a mention of us at the beginning goes."""
    if "<" in text:
        text = re.sub(rf"^\s*<@{re.escape(us)}(?:\|[^<>]*)?>[\s,:]*", "", text)
        text = _MENTION.sub(r"@\1", text)
        text = _REFERENCE.sub(_worded, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _worded(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    if sign == "#":
        return f"#{label or target}"
    if sign == "!":
        kind, _, rest = target.partition("^")
        return label or (f"@{rest}" if kind == "subteam" and rest else f"@{kind}")
    # What somebody typed without a scheme comes back with one, and their own words as the label.
    return f"{label} ({target})" if label and label not in (target, _SCHEME.sub("", target)) else label or target
