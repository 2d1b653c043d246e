"""
The sandbox: emulated channels, people to play, an example agent, and a real gateway as a child process.
"""
