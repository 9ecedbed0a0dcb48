"""Documentation. `extract` writes it from what is there, without a model."""
