#!lua flags=allow-oom
-- Takes the lease where it is free, or the caller's own of before, and marks the state with a new
-- owner token: a commit that the caller sent under the old one, and is still on its way, is fenced.
-- KEYS  lease, state     ARGV  nonce, lease in milliseconds, the caller's last token
-- returns the token, or false
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[3] then return false end
local owner = redis.call('HINCRBY', KEYS[2], 'epoch', 1) .. ':' .. ARGV[1]
redis.call('HSET', KEYS[2], 'owner', owner)
redis.call('SET', KEYS[1], owner, 'PX', ARGV[2])
return owner
