#!lua flags=allow-oom
-- Renews the lease while its engine is idle, or gives it back if ARGV[2] is 0.
-- KEYS  lease, state     ARGV  owner token, lease in milliseconds     returns 1, or 0 if fenced
if redis.call('HGET', KEYS[2], 'owner') ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
