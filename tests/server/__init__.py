"""Tests of the server: whole conversations with a hub in this process, and its parts."""
