"""
The door for agents and scripts outside: REST under `/v1`.

What comes in here is a request like any other, with a home of its own (`gateway/clients.py`): the same policy, people
and cards.
"""
