"""What tests with real processes share: a server to start, and a client that speaks raw IRC."""
