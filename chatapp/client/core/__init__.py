"""Pure: the session of one account with a server: lines in, typed events and lines out."""
