"""Pure: bytes to messages and back, and the words of IRC, without a socket, a clock or any state of the server.

==================  =============================================================================
``message``         one line: tags, source, verb, parameters
``framing``         bytes as they arrive to whole lines
``names``           nicks, channel names, and when two of them are the same
``numerics``        every three-digit reply, once
``isupport``        what a server announces of itself (005)
``caps``            the lists in CAP
``sasl``            PLAIN, and how AUTHENTICATE carries it
``timestamps``      milliseconds since 1970 to the text of server-time and back
==================  =============================================================================

Server and client both build on it; it imports nothing of this package but ``errors``.
"""
