#!lua
-- Pushes an entry unless one of its claims is there already; answers {depth, claim}, depth 0 for a
-- repeat. All claims then name the same command.
-- KEYS: order queue, state, claims. ARGV: entry, the state's field of the engine's sequence,
-- request id, digest of the entry, milliseconds to keep the claims.
local depth, claim = 0, false
for i = 3, #KEYS do claim = claim or redis.call('GET', KEYS[i]) end
if not claim then
  depth = redis.call('RPUSH', KEYS[1], ARGV[1])
  -- the command's own sequence, unless the engine puts an entry at the head of the list
  local sequence = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0') + depth
  claim = string.format('%d %s %s', sequence, ARGV[3], ARGV[4])
end
for i = 3, #KEYS do redis.call('SET', KEYS[i], claim, 'NX', 'PX', ARGV[5]) end
return {depth, claim}
