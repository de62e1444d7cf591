"""The OpenAPI document and its page: schemas, examples and words, nothing that runs with an order.

In: the routes' own descriptions. Out: `/v1/openapi.json` and `/v1/docs`. May import the rooms whose
shapes it describes: `order_gateway.queueing`, `reading` and `admission`.
"""
