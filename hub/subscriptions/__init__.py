"""Rules of a registration: which callbacks are accepted, and the secrets that sign what is sent there."""
