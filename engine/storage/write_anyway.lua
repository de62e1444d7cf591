#!lua flags=allow-oom
-- Runs one small write even if Redis is full: it lets the engine go on draining the list.
-- KEYS  the key     ARGV  the command, its other arguments
return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
