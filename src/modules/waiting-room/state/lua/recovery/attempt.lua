-- attempt.lua: an attempt to restore a lost state, in pieces. Needs common.lua.
-- The state counts the pieces that it has got. It names its server, so that pieces for another one do not count: a failover
-- between two pieces makes the attempt begin again.
local function attemptField(name)
  return 'ends:' .. name .. ':' .. (serverId() or '')
end

-- Returns whether all pieces before this one are there.
local function countPiece(attempt, number)
  local field = attemptField(attempt)
  if redis.call('HINCRBY', KEYS[1], field, 1) == number then return true end
  redis.call('HDEL', KEYS[1], field)
  return false
end

-- How many pieces are there. The attempt is over.
local function takePieces(attempt)
  local field = attemptField(attempt)
  local sent = tonumber(redis.call('HGET', KEYS[1], field)) or 0
  redis.call('HDEL', KEYS[1], field)
  return sent
end
