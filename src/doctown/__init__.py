"""Doctown: a code repository becomes documentation that people trust and agents can query, in one docpack."""

__version__ = "0.1.0"
