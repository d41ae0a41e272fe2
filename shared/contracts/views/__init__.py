"""What the hub returns: one module per subject."""
