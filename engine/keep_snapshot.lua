#!lua flags=allow-oom
-- Makes a written snapshot count, and lets go of what it replaces.
-- KEYS  state, journal, then the snapshots to delete
-- ARGV  owner token, list of snapshots (newest first), first sequence that the journal must keep
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'snapshots', ARGV[2])
for i = 3, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[3] .. '-0')
return 1
