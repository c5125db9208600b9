"""Parts that stand in for the real ones in tests, and keep the same contracts."""
