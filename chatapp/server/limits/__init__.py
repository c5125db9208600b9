"""Limits that keep one client from slowing down the others: token buckets, deadlines, fair queues and counts."""
