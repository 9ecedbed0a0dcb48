"""What a model is asked, word for word: one module for each level of documentation, and `fence` for strangers' text.

A prompt holds nothing that changes when unrelated code does: no line numbers, no counts over the repository. When a
thing is asked and what becomes of the answer is the writer's business.
"""
