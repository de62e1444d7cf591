"""Push entries onto the order queue, and learn what the engine answered.

In: validated orders and changes. Out: an entry in Redis, and the engine's reply or the reason why
there is none; a repeat is pushed once. All commands to the engine leave the gateway here. May
import `order_gateway.reading`, `order_gateway.admission` and `protocol`.
"""
