"""The fronts, which a person or a program uses: the menu, plain lines, ``chat send``."""
