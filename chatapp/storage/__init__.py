"""The event log and the history queries over it."""
