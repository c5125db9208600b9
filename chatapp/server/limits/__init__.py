"""Token buckets, deadlines, fair queues and counts: what keeps one client from stopping the others."""
