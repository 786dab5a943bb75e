"""The mathematics of the metrics: percentiles, survival, proportions and medians, on plain numbers."""
