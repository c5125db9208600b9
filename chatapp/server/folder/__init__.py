"""The data folder of a server: its files, its lock, backups, and checks of its safety."""
