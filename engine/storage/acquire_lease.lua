#!lua flags=allow-oom
-- Takes the lease if it is free, the caller's own from before, or a dead engine's, and marks the
-- state with a new owner token: a commit that the caller sent under the old one, and that is still
-- on its way, is fenced.
-- KEYS  lease, state
-- ARGV  nonce, lease in milliseconds, the caller's last token, tokens of engines that are dead …
-- returns the token, or false
local holder = redis.call('GET', KEYS[1])
local is_free = not holder
for i = 3, #ARGV do
  is_free = is_free or holder == ARGV[i]
end
if not is_free then return false end
local owner = redis.call('HINCRBY', KEYS[2], 'epoch', 1) .. ':' .. ARGV[1]
redis.call('HSET', KEYS[2], 'owner', owner)
redis.call('SET', KEYS[1], owner, 'PX', ARGV[2])
return owner
