#!lua flags=allow-oom
-- Shows a standby for as long as it goes on doing so, and removes those that are gone.
-- KEYS  standbys     ARGV  its nonce, what it says of itself ("": it goes), seconds until one is gone
local now = tonumber(redis.call('TIME')[1])
if ARGV[2] == '' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local seen = tonumber(string.match(fields[i + 1], '^%d+')) or 0
  if now - seen > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], fields[i]) end
end
return redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
