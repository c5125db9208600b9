"""Tests of the model: what a log adds up to, and who may do what."""
