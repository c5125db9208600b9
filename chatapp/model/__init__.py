"""Pure: the events, the state they add up to, and who may do what. No I/O, no clock, no random source."""
