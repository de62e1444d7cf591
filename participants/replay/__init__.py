"""A recorded market in a running exchange, where anybody's orders meet it.

In: the records of `participants.formats`. Out: orders under one account, through the gateway, and
how far book and trades followed the record.
"""
