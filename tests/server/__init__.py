"""Tests of the server: whole conversations with a server in this process, and its parts."""
