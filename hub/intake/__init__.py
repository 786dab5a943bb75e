"""Door 2: tickets and alerts of trouble systems come in and become reports."""
