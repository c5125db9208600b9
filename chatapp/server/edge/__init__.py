"""The code that touches sockets: the listening port, TLS, the line connection, HTTP."""
