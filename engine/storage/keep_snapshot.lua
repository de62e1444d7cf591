#!lua flags=allow-oom
-- Makes a written snapshot count, and deletes what it replaces.
-- KEYS  state, journal, the new snapshot, then the snapshots to delete
-- ARGV  owner token, list of snapshots that count so far, list of those from now on (newest first),
--       last sequence that may leave the journal
-- returns 1, 0 if fenced, 2 if the snapshot is gone or others count by now
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if (redis.call('HGET', KEYS[1], 'snapshots') or '') ~= ARGV[2] then return 2 end
if redis.call('EXISTS', KEYS[3]) == 0 then return 2 end
redis.call('HSET', KEYS[1], 'snapshots', ARGV[3])
for i = 4, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4] .. '-1')
return 1
