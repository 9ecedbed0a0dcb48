"""The figures that Doctown promises, measured: `python -m bench` runs all, `python -m bench.NAME` one.

Every figure is a ratio of two things measured side by side in one run, since other work stretches the clock of both;
each stands beside its target with a verdict. Nothing of the product imports this package.
"""
