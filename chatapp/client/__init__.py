"""The client: a session core without I/O, and the fronts on it (terminal, plain lines, one message).

It imports ``protocol``, ``errors`` and ``config``, and never the server's code. README.md here says how to use it.
"""
