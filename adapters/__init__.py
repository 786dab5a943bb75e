"""Adapters: how trouble systems are read. Each knows one system and the hub's port, nothing else."""
