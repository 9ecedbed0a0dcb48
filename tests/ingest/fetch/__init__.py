"""Tests of fetching, one module for each kind of source."""
