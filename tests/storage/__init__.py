"""Tests of chatapp/storage."""
