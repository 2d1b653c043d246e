"""The store: the port in `base.py`, its implementations beside it."""
