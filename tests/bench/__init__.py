"""The benchmark: chatapp and its peers under one load generator (``python -m tests.bench``; see README.md here)."""
