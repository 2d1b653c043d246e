"""
The adapter as a whole: what it brings into the process.
"""

from __future__ import annotations

import subprocess
import sys


def test_bolt_is_imported_for_a_socket_alone():
    """
    A gateway whose accounts all come by HTTP does without Bolt: it starts sooner and holds less.
    """
    code = "import sys, adapters.slack.adapter; print('slack_sdk' in sys.modules, 'slack_bolt' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "True False\n" == told.stdout
