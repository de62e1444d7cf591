-- Begins an ephemeral exchange anew: the list, its companions and all that the state says of what
-- happened are gone. What was fixed at its birth stays, and so do owner, epoch and lease.
--
-- KEYS  order_queue, state, lease
-- ARGV  owner token, the entry at the head, the pattern of the companions, the new id key, the
--       channel of resets, reply channel, reply ("" if nobody waits), the fields that stay …
-- returns OK, FENCED if another engine has taken over, CHANGED if another entry is at the head
local queue, state, lease = unpack(KEYS)
local owner, entry, pattern, id_key, resets, reply_channel, reply = unpack(ARGV, 1, 7)
if redis.call('HGET', state, 'owner') ~= owner then return 'FENCED' end
if redis.call('LINDEX', queue, 0) ~= entry then return 'CHANGED' end

local kept = {}
for i = 8, #ARGV do
  local value = redis.call('HGET', state, ARGV[i])
  if value then
    kept[#kept + 1] = ARGV[i]
    kept[#kept + 1] = value
  end
end
redis.call('DEL', queue, state)
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    if key ~= lease then redis.call('DEL', key) end
  end
until cursor == '0'
redis.call('HSET', state, 'id_key', id_key, unpack(kept))
redis.call('HINCRBY', state, 'resets', 1)
redis.call('PUBLISH', resets, '')
if reply ~= '' then redis.call('PUBLISH', reply_channel, reply) end
return 'OK'
