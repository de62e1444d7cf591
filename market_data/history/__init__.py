"""What the service did not see itself, asked of the archive without making anyone wait.

In: questions for candles and trades of the past. Out: answers from memory and archive together. May
import `market_data.market`, the archive's queries and `protocol`.
"""
