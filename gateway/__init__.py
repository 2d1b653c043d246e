"""
The only part that does things: store, owner, outbox, timers, wiring.
"""
