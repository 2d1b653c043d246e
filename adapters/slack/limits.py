"""
Slack's limits, each with the page that states it (docs.slack.dev).
"""

from __future__ import annotations

TEXT = 4_000  # characters of a message's text; more is cut or split by Slack (reference/methods/chat.postMessage)
BLOCKS = 50  # blocks of a message (reference/block-kit/blocks)
BLOCKS_TEXT = 12_000  # characters in all blocks of a message; above about 13,000 it answers msg_blocks_too_long
HEADER = 150  # characters (reference/block-kit/blocks/header-block)
SECTION = 3_000  # characters of a section's text (reference/block-kit/blocks/section-block)
NOTES = 6_000  # characters of all notes on how a card stands, and of ...
ROW_NOTE = 250  # ... one on a row of a list; ours, so that all of it fits one message with what is pressed
NOTE_BLOCKS = 20  # notes that each have a block of their own; ours, so that these and what is pressed fit one message
FIELDS = 10  # fields of a section, and ...
FIELD = 2_000  # ... characters of each (reference/block-kit/blocks/section-block)
CONTEXT = 2_000  # characters of a text in a context block (reference/block-kit/composition-objects/text-object)
BUTTONS = 25  # elements of an actions block (reference/block-kit/blocks/actions-block)
BUTTON_TEXT = 75  # characters (reference/block-kit/block-elements/button-element)
BUTTON_VALUE = 2_000  # characters (reference/block-kit/block-elements/button-element)
CONFIRM_TITLE = 100  # characters, and of its ...
CONFIRM_TEXT = 300  # ... text, and ...
CONFIRM_BUTTON = 30  # ... buttons (reference/block-kit/composition-objects/confirmation-dialog-object)
OPTIONS = 100  # options of a select (reference/block-kit/block-elements/select-menu-element)
OPTION_TEXT = 75  # characters (reference/block-kit/composition-objects/option-object)
OPTION_VALUE = 150  # characters (reference/block-kit/composition-objects/option-object)
MODAL_TITLE = 24  # characters, of submit and close too (reference/views/modal-views)
INPUT_LABEL = 2_000  # characters (reference/block-kit/blocks/input-block)
INPUT_TEXT = 3_000  # characters of a text input (reference/block-kit/block-elements/plain-text-input-element)
BODY = (
    4 * 1024 * 1024
)  # bytes of a request of Slack's; it states no limit, an edit of the longest message has under 2 MB
