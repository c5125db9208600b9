"""The life of one connection: registration, replay of what was missed, receipts."""
