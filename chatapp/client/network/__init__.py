"""The connection that is kept up, TLS, pinned keys, name look-ups."""
