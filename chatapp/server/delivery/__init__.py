"""Delivery: which recipients get an event, the lines they get, and one write per recipient and turn."""
