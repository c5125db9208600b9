"""Everything that goes out: who hears an event, how it reads, one write for each recipient."""
