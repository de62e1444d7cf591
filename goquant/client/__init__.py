"""Clients of the order gateway, the private stream and the feed.

In: what a program asks for. Out: typed answers, every fill once, books that are verified. May
import `protocol`, httpx, websockets, msgspec and sortedcontainers. A program imports the names from
`goquant`, which is all that stays where it is.
"""

from goquant.own_packages import require_own_package

require_own_package("protocol")
