"""How a request reaches its listener: one port, and the two transports behind it."""
