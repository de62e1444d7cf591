#!lua flags=allow-oom
-- One commit: all of it, or nothing. Everything is checked before the first write, because a
-- script that fails half-way keeps what it has written.
--
-- KEYS  order_queue, state, journal, lease, dead
-- ARGV  owner token, previous sequence, sequence, number of entries taken, the SHA-1 of their JSON
--       array ("": it is what is journaled as the commands), lease in milliseconds, the clock's
--       mark, what stands before each channel's name where it is published, number of journal
--       values, how many of these (the last) are to be published, number of channels, of replies,
--       of dead entries; then these values:
--       journal field, value … (of those to be published: channel, message …);
--       each channel that has a message; reply channel, message …; dead entry …
local queue, state, journal, lease, dead = unpack(KEYS)
local owner, previous, sequence, taken, digest, milliseconds, mark, prefix = unpack(ARGV, 1, 8)
local journal_values, published_values = tonumber(ARGV[9]), tonumber(ARGV[10])
local channel_values, reply_values, dead_values =
  tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local first_journal = 14
local first_channel = first_journal + journal_values
local first_published = first_channel - published_values
local first_reply = first_channel + channel_values
local first_dead = first_reply + reply_values
local commands = first_journal + 5
local max_dead = 10000

-- Somebody may have put an entry before those that were matched. To compare the first or the last
-- of them is not enough: entries can be alike.
local function is_what_was_taken()
  local head = taken == '0' and {} or redis.call('LRANGE', queue, 0, taken - 1)
  local entries = '[' .. table.concat(head, ',') .. ']'
  if digest == '' then return entries == ARGV[commands] end
  return redis.sha1hex(entries) == digest
end

if #ARGV ~= first_dead + dead_values - 1 then return 'MALFORMED' end
local stored = redis.call('HMGET', state, 'owner', 'sequence')
if stored[1] ~= owner then return 'FENCED' end
if (stored[2] or '0') ~= previous then return 'STALE' end
if not is_what_was_taken() then return 'CHANGED' end

redis.call('XADD', journal, sequence .. '-0', unpack(ARGV, first_journal, first_channel - 1))
redis.call('LTRIM', queue, taken, -1)
local reached = {'sequence', sequence, 'clock', mark}
for i = first_channel, first_reply - 1 do
  reached[#reached + 1] = 'last:' .. ARGV[i]
  reached[#reached + 1] = sequence
end
redis.call('HSET', state, unpack(reached))
for i = first_dead, #ARGV do
  redis.call('RPUSH', dead, ARGV[i])
end
if dead_values > 0 then redis.call('LTRIM', dead, -max_dead, -1) end
redis.call('SET', lease, owner, 'PX', milliseconds)
for i = first_published, first_channel - 1, 2 do
  redis.call('PUBLISH', prefix .. ARGV[i], ARGV[i + 1])
end
for i = first_reply, first_dead - 1, 2 do
  redis.call('PUBLISH', prefix .. ARGV[i], ARGV[i + 1])
end
return 'OK'
