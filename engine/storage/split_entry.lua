-- Puts entries in the place of the one at the list's head, all or nothing.
--
-- KEYS  order_queue, state
-- ARGV  owner token, the entry at the head, the entries in its place …
-- returns OK, FENCED if another engine has taken over, CHANGED if another entry is at the head
local queue, state = unpack(KEYS)
if redis.call('HGET', state, 'owner') ~= ARGV[1] then return 'FENCED' end
if redis.call('LINDEX', queue, 0) ~= ARGV[2] then return 'CHANGED' end
redis.call('LPOP', queue)
for i = #ARGV, 3, -1 do
  redis.call('LPUSH', queue, ARGV[i])
end
return 'OK'
