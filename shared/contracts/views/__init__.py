"""What services return: models that they build and that OpenAPI describes."""
