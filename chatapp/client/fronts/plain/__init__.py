"""Plain lines or JSON on standard input and output, for programs."""
