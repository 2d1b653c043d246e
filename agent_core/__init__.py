"""
The channel-agnostic core: what has happened in a thread and what follows from it.

Pure: values in, values out. No socket, no clock, no database, no channel.
"""
