"""The OpenAPI document and its page: schemas, examples and texts; nothing that handles orders.

In: the routes' own descriptions. Out: `/v1/openapi.json` and `/v1/docs`. May import the rooms whose
shapes it describes: `order_gateway.account`, `queueing`, `reading` and `admission`.
"""
