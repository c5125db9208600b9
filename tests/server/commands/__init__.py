"""Conversations about each verb."""
