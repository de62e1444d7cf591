-- Answers {sequence, archived, stamp}: the engine's last sequence, the archive's, and when the
-- oldest commit that the archive lacks was made; {} if no archive has followed this exchange.
-- One script, so that all are of one moment and no whole commit is sent for its stamp.
-- KEYS: state, journal. ARGV: the state's fields of the two sequences.
local sequence, archived = unpack(redis.call('HMGET', KEYS[1], ARGV[1], ARGV[2]))
if not archived then return {} end
local oldest = redis.call('XRANGE', KEYS[2], '(' .. archived .. '-0', '+', 'COUNT', 1)[1]
local stamp
for i = 1, oldest and #oldest[2] or 0, 2 do
  if oldest[2][i] == 'timestamp' then stamp = oldest[2][i + 1] end
end
return {sequence or '0', archived, stamp}
