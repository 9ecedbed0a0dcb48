"""What stands in for the outside world: a model server that needs no key, no network and no model.

For the tests of Doctown and of programs around it, and for whoever wants to see generation at work
before paying for it.
"""
