-- prepare-4.lua: takes out of a lost state what must not be in it when restore-4.lua makes it again, one piece at a time:
-- sessions that are over (the ended ones are there by import-ends-4.lua), and what is said of keys that are gone. While a
-- state is lost nothing is added to it, and each piece may be repeated. So a process may end between two pieces, and
-- several may do it at once.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 name of the attempt to restore  9 number of this piece, counted on from the ended sessions'
--       10 where the piece begins: '' for the first one, then what the one before has returned
-- Returns {'OK', where the next piece begins, '' when this was the last}, or {'state-lost'} when an earlier piece of the
--         attempt is gone: Redis has lost its state again.
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/ends.lua
-- @include attempt.lua
if not lost() then return { 'OK', '' } end -- another process has restored it
if not countPiece(ARGV[8], tonumber(ARGV[9])) then return { 'state-lost' } end
declareLost() -- whatever else may say so: until it is restored as a whole

-- The sessions of a piece, from the end of the list on: what others remove meanwhile moves no session past the next piece.
local function dropEnded(last)
  local first, over = math.max(0, last - PIECE + 1), {}
  for _, seq in ipairs(redis.call('ZRANGE', KEYS[2], first, last)) do
    if isOver(tonumber(seq)) then over[#over + 1] = seq end
  end
  if #over > 0 then
    redis.call('ZREM', KEYS[2], unpack(over))
    redis.call('ZREM', KEYS[3], unpack(over))
  end
  return first > 0 and 'sessions ' .. first - 1 or 'keys 0'
end

-- Nobody knows more of a key that is missing than the caller has sent.
local function forgetMissingKeys(from)
  local scan = redis.call('HSCAN', KEYS[1], from, 'MATCH', 'has:*', 'COUNT', PIECE)
  for i = 1, #scan[2], 2 do
    local field = scan[2][i]
    if redis.call('EXISTS', prefix .. string.sub(field, 5)) == 0 then redis.call('HDEL', KEYS[1], field) end
  end
  return scan[1] ~= '0' and 'keys ' .. scan[1] or ''
end

local which, from = string.match(ARGV[10], '^(%a+) (%d+)$')
local last = which == nil and redis.call('ZCARD', KEYS[2]) - 1 or tonumber(from)
if which ~= 'keys' and last >= 0 then return { 'OK', dropEnded(last) } end
return { 'OK', forgetMissingKeys(which == 'keys' and from or '0') }
