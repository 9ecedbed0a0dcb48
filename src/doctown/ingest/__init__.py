"""From a source to nouns: fetching, walking, masking secrets, parsing, chunking. Resolves nothing."""
