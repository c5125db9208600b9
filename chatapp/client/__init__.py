"""The client: one session core without I/O, and the fronts over it (terminal, plain lines, one message).

Knows only ``protocol`` (and ``errors``, ``config``), never the server's code. README.md here says how to use it.
"""
