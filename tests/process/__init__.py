"""Tests of the server as it runs: real processes, real sockets, real signals."""
