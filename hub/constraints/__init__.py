"""What the stream of reports shows: resources that failed and demand beyond capacity, found by pure detectors."""
