"""
Limits of mail, each with what states it.
"""

from __future__ import annotations

SUBJECT = 150  # characters of a subject that we write; clients show 40 to 70 of them
REFERENCES = 20  # ids of a thread that a mail names; RFC 5322 sets no limit, servers refuse heads of many kilobytes
LINK = 1_800  # characters of a mailto: link; some programs cut what is longer than 2,000
