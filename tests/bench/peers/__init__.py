"""
Other projects, measured by scripts that run in a venv of their own.
"""
