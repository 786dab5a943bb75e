"""The demonstration: a real trouble system, the hub and a listener on this machine."""
