"""Pure: the events, the state that results from them, and who may do what. No I/O, no clock, no random source."""
