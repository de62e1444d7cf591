"""Connections to a Redis Cluster: each is a plain one, to the primary of one shard's slot.

redis-py's own cluster client picks a connection for each command, so that a WAIT would say nothing
about the write before it. Here a client of a shard is an ordinary client, whose connections find
the primary when they are opened, and are given up as soon as a node says that it is another.

In: a URL and a key. Out: pools of connections, the rule by which a client asks once (of a single
Redis, too), and whether a write is kept. It imports nothing of ours.
"""
