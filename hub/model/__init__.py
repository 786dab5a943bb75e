"""The nouns of the hub: frozen values without HTTP, SQL or clocks."""
