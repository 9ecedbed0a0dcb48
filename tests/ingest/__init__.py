"""Tests of ingest, one module for each of its own."""
