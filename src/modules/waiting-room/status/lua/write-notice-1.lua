-- write-notice-1.lua: writes what the operator says to all who wait.
-- KEYS  1 board (hash)
-- ARGV  1 the notice (JSON), '' to take it back  2… SHA-1 of notices of which the operator has seen one; none: any
-- Returns {outcome, the notice before, '' if there was none}. Outcome: 'DONE', 'UNCHANGED' when it was so already, 'CHANGED'
--         when it is not the one that the operator has seen, and nothing was done
local before = redis.call('HGET', KEYS[1], 'notice') or ''
if before == ARGV[1] then return { 'UNCHANGED', before } end
local isExpected = not ARGV[2]
for i = 2, #ARGV do isExpected = isExpected or ARGV[i] == redis.sha1hex(before) end
if not isExpected then return { 'CHANGED', before } end
if ARGV[1] == '' then redis.call('HDEL', KEYS[1], 'notice') else redis.call('HSET', KEYS[1], 'notice', ARGV[1]) end
return { 'DONE', before }
