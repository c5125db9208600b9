"""Everything that touches a socket: the port, TLS, the line connection, HTTP."""
