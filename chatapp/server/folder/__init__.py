"""The data folder of a server: its files, who may use it, backups, and what makes it unsafe."""
