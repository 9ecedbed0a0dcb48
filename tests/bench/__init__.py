"""Tests of the benchmarks: that they run and measure what they say, on a corpus of a few files. No timing is judged."""
