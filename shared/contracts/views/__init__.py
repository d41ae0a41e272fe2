"""The bodies that the hub returns: one module per subject."""
