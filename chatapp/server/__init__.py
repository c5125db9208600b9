"""Sessions, commands, capabilities, delivery and listeners. Only ``app.py`` chooses concrete parts."""
