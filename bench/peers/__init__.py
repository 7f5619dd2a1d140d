"""Small servers of ours on the public APIs of others: what Parley is measured beside."""
