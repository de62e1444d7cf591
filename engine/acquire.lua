#!lua flags=allow-oom
-- Takes the lease where it is free and marks the state with a new owner token.
-- KEYS  lease, state     ARGV  nonce, lease in milliseconds     returns the token, or false
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local owner = redis.call('HINCRBY', KEYS[2], 'epoch', 1) .. ':' .. ARGV[1]
redis.call('HSET', KEYS[2], 'owner', owner)
redis.call('SET', KEYS[1], owner, 'PX', ARGV[2])
return owner
