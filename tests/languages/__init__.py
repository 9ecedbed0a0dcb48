"""Tests of the languages: sample files with readable snapshots, and the behaviours that are easy to get wrong."""
