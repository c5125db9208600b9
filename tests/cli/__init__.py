"""Tests of chatapp/cli."""
