"""The session of a connection: registration, commands in order, replay of missed messages, receipts."""
