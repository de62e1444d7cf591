#!lua flags=allow-oom
-- Confirms what is journaled up to a sequence: a replica has it, and others may read it.
-- KEYS  state     ARGV  owner token, the sequence, then field and value of each channel's last one
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 'FENCED' end
redis.call('HSET', KEYS[1], 'confirmed', ARGV[2], unpack(ARGV, 3))
return 'OK'
