"""Tests of chatapp/auth."""
