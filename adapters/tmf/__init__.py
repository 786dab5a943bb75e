"""Peers that speak a TM Forum API: how their resources are read, and how their hub is told to ring at ours."""
