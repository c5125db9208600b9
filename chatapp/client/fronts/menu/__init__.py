"""The line client in a terminal: a pure model and view, and a thin shell that does the I/O."""
