"""Who gets which management report: what each audience sees of the reports, and in which words."""
