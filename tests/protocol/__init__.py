"""Tests of the pure package chatapp.protocol."""
