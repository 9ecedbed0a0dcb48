"""Tests of Doctown, mirroring its modules. A package, so that helpers are imported by their full names."""
