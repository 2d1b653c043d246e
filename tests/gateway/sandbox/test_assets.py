"""
The page's files.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from adapters import registry
from gateway.sandbox import assets

NAMED = re.compile(r"""(?:src|href)="([^"#]+)"|(?:from|import) "([^"]+)";""")


def test_every_file_named_is_there():
    """
    What the page, its styles and its scripts name is served, and nothing comes from elsewhere.
    """
    found = assets.load(registry.EMULATORS)

    missing = []
    for path, asset in found.items():
        for several in NAMED.findall(asset.text):
            target = normpath(join(dirname(path), next(filter(None, several))))
            if target not in found:
                missing.append(f"{path}: {target}")

    assert [] == missing


def test_every_channel_has_its_pane():
    """
    The page holds a pane for each channel, found by its test id, and the script that the page starts it with.
    """
    found = assets.load(registry.EMULATORS)

    for channel in registry.EMULATORS:
        assert f'data-testid="pane-{channel}"' in found["/"].text
        assert "export function start(" in found[f"/panes/{channel}/pane.js"].text


def test_nothing_makes_markup_of_text():
    """
    No script writes HTML, and no page holds a script or a style in itself, which its policy would refuse.
    """
    for path, asset in assets.load(registry.EMULATORS).items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", asset.text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", asset.text), path
