"""From what files say to a graph: resolution, centrality, clusters, similarity. Knows neither files nor packs."""
