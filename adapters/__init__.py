"""
One folder a channel: vendor bytes to neutral values and back.

The adapter reports who acted and what they said; it never decides anything.
"""
