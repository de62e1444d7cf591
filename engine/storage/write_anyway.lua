#!lua flags=allow-oom
-- One small write that a full Redis takes too: what lets the engine go on draining it.
-- KEYS  the key     ARGV  the command, its other arguments
return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
