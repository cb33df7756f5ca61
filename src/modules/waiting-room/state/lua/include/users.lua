-- users.lua: which entry belongs to which user. Needs common.lua, ends.lua and sessions.lua.
-- A user has one entry, the one in `users`. After a loss it is the first one that is reported again. When a second one
-- is reported, an active one stays, else the older one; the other one expires. Returns whether this entry is the user's.
local function register(users, user, seq, entryGen, iat, waitMs)
  local live = redis.call('HGET', users, user)
  local other, otherGen, otherIat = string.match(live or '', '^(%d+):(%d+):(%d+)$')
  other, otherGen, otherIat = tonumber(other), tonumber(otherGen), tonumber(otherIat)
  if other == seq and otherGen == entryGen then return true end
  if other and otherGen >= firstGen() and not isOver(other) then
    local isActive = redis.call('ZSCORE', KEYS[2], other) ~= false
    local stays = isActive or redis.call('ZSCORE', KEYS[2], seq) == false and other < seq
    if stays and (isActive or now < otherIat + waitMs) then other = seq end
    leave(other)
    redis.call('ZREM', KEYS[4], other)
    markEnded('expired', other)
    if other == seq then return false end
  end
  redis.call('HSET', users, user, string.format('%.0f:%.0f:%.0f', seq, entryGen, iat))
  redis.call('PEXPIRE', users, tokenMs)
  mustHave(string.sub(users, #prefix + 1), now + tokenMs)
  return true
end
