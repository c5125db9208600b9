"""The full-screen client of ``chat connect``."""
