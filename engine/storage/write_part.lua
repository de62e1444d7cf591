#!lua flags=allow-oom
-- Adds a part to a snapshot that is being written; the last one gives it its name.
-- KEYS  state, the parts so far, the snapshot
-- ARGV  owner token, part, its number, how many there are
-- returns 1, or 0 if another engine owns the state, or if what was written before is gone
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if redis.call('RPUSH', KEYS[2], ARGV[2]) ~= tonumber(ARGV[3]) then return 0 end
if ARGV[3] == ARGV[4] then redis.call('RENAME', KEYS[2], KEYS[3]) end
return 1
