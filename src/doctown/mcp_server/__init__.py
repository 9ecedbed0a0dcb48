"""Docpacks for agents: a server of the Model Context Protocol, over standard input or HTTP.

`library` holds the open packs, `answer` writes within a token budget (which `tokens` counts), `graph_tools` and
`text_tools` make the answers, `server` is the adapter to the protocol. All tools only read; their descriptions are
constants; whatever a repository says is quoted as data with its source. Nothing is imported here.
"""
