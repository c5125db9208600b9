"""Tests of the line client in a terminal."""
