"""
Slack's text: what of it is markup, and what becomes of the rest.

`&`, `<` and `>` that are not part of markup stand as `&amp;`, `&lt;` and `&gt;` in everything Slack sends ("Formatting
text for app surfaces", https://docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adapters.slack.emulator import state

USER = r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^<>]*)?>"
CHANNEL = r"<#(?P<channel>[CG][A-Z0-9]+)(?:\|[^<>]*)?>"
BROADCAST = r"<!(?P<broadcast>here|channel|everyone)(?:\|[^<>]*)?>"
OTHER = r"<!(?:subteam|date)\^[^<>]+>"
LINK = r"<(?P<url>(?:https?://|mailto:|tel:)[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
MARKUP = re.compile("|".join([USER, CHANNEL, BROADCAST, OTHER, LINK]))

BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
TYPED_URL = re.compile(r"https?://[^\s<>|]+")


def escape(text: str) -> str:
    """No markup at all: what `plain_text` becomes. Entities that are there already stay as they are."""
    return BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def posted(text: str) -> str:
    """What an app's text becomes: its markup works, whatever else looks like it is escaped."""
    return _replace(MARKUP, text, lambda found: found.group(), escape)


def typed(text: str, *, people: set[str], channels: set[str]) -> str:
    """
    What a person's text becomes.

    In Slack's client a mention is chosen from a list; here it is typed as `<@U…>`, `<#C…>` or `<!channel>`. Any other
    angle bracket or ampersand is just that character, and a URL becomes a link.
    """
    mention = re.compile("|".join([USER, CHANNEL, BROADCAST]))

    def words(part: str) -> str:
        return _replace(TYPED_URL, part, lambda url: f"<{_escape_all(url.group())}>", _escape_all)

    def mentioned(found: re.Match[str]) -> str:
        is_known = found["broadcast"] or found["user"] in people or found["channel"] in channels
        return found.group() if is_known else _escape_all(found.group())

    return _replace(mention, text, mentioned, words)


def mentions(text: str) -> list[str]:
    """Whom a text notifies: user ids, and `here`, `channel` or `everyone`."""
    return [
        found["user"] or found["broadcast"] for found in MARKUP.finditer(text) if found["user"] or found["broadcast"]
    ]


def links(text: str) -> list[str]:
    """The addresses of pages in a text."""
    urls = (found["url"] for found in MARKUP.finditer(text) if found["url"])
    return [_unescape(url) for url in urls if url.startswith("http")]


def rich_text(text: str, block_id: str) -> state.Json:
    """The block that Slack's client makes of a person's message and that stands beside `text` in the event."""
    elements: list[state.Json] = []
    end = 0
    for found in MARKUP.finditer(text):
        elements += _plain(text[end : found.start()])
        elements.append(_element(found))
        end = found.end()
    elements += _plain(text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def escape_blocks(value: Any) -> Any:
    """The text objects inside blocks, escaped as Slack returns them, with the defaults it fills in; nulls fall away."""
    if isinstance(value, list):
        return [escape_blocks(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("type"):
        case "plain_text":
            return {"emoji": True, **value, "text": escape(value["text"])}
        case "mrkdwn":
            return {"verbatim": False, **value, "text": posted(value["text"])}
    return {name: escape_blocks(item) for name, item in value.items() if item is not None}


def _replace(
    pattern: re.Pattern[str], text: str, matched: Callable[[re.Match[str]], str], between: Callable[[str], str]
) -> str:
    """Change what a pattern matches in one way, and what stands between in another."""
    result = ""
    end = 0
    for found in pattern.finditer(text):
        result += between(text[end : found.start()]) + matched(found)
        end = found.end()
    return result + between(text[end:])


def _escape_all(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(text: str) -> list[state.Json]:
    return [{"type": "text", "text": _unescape(text)}] if text else []


def _element(found: re.Match[str]) -> state.Json:
    if found["user"]:
        return {"type": "user", "user_id": found["user"]}
    if found["channel"]:
        return {"type": "channel", "channel_id": found["channel"]}
    if found["broadcast"]:
        return {"type": "broadcast", "range": found["broadcast"]}
    if found["url"]:
        return {"type": "link", "url": _unescape(found["url"])}
    return {"type": "text", "text": found.group()}
