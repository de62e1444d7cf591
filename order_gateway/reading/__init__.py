"""Turn the body and the query of a request into orders and changes, or refuse them by field and rule.

In: bytes from outside, believed in nothing. Out: validated values in the protocol's words. May
import `order_gateway.admission` and `protocol`.
"""
