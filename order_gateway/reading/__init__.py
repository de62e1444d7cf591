"""Turn a request into orders and changes, or refuse it by field and rule.

In: bytes from outside, which are not trusted. Out: validated values in the protocol's words. May
import `order_gateway.admission` and `protocol`.
"""
