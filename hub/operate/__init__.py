"""What operators do on the command line. It works on the database, so it needs no key; a running hub heeds it."""
