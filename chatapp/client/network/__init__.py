"""The network side of the client: reconnecting, TLS, pinned keys and host name lookups."""
