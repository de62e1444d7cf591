-- KEYS: the order queue. Puts a request to clear before all pending entries, with their number, and
-- returns the number.
local pending = redis.call('LLEN', KEYS[1])
if pending > 0 then
  local entry = {command = 'clear_queue', quantity = string.format('%d', pending)}
  redis.call('LPUSH', KEYS[1], cjson.encode(entry))
end
return pending
