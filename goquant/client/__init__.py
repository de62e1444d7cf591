"""Clients of the order gateway, the private stream and the feed.

In: what a program asks for. Out: typed answers, books that are verified, every fill once. May
import `protocol`, httpx and websockets.
"""
