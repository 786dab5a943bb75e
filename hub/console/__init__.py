"""Door 4: pages for people. Who was told, when, and why not."""
