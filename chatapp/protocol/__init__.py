"""Pure: the IRC protocol, without a socket, a clock or any state of the server.

==================  =============================================================================
``message``         parse and serialize one line: tags, source, verb, parameters
``framing``         split a byte stream into lines
``names``           which nicks and channel names are allowed, and when two names are the same
``lookalikes``      which names could be mistaken for another name
``numerics``        the table of the three-digit replies
``isupport``        the tokens of RPL_ISUPPORT (005)
``caps``            the capability lists of CAP
``sasl``            SASL PLAIN, and its transport in AUTHENTICATE
``timestamps``      milliseconds since 1970 to the text of server-time, and back
``fingerprint``     the fingerprint of a server's public key
``addresses``       IP addresses as text
==================  =============================================================================

Both the server and the client use this package. Of chatapp, it imports only ``errors`` and ``casemap``.
"""
