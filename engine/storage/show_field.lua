#!lua flags=allow-oom
-- Shows what is in force, unless another engine owns the state: one that was paused before it came
-- to say so may be an old one by now.
-- KEYS  state     ARGV  field of the owner, owner token, field to set, its value
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
