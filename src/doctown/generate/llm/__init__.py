"""Asking a model: `contract` says what is asked and what comes back; the rest is how."""
