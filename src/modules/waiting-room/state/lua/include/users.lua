-- users.lua: which entry belongs to which user. Needs common.lua, ends.lua and sessions.lua.
-- The entries of 100 users lie in one hash: few enough for Redis to keep it as a packed list, at a tenth of the memory of
-- a key each. Fields: user -> 'seq:gen:iat ms' of the live entry.
local USERS_PER_BUCKET = 100

local function bucketOf(user)
  return string.format('users:%.0f', math.floor(user / USERS_PER_BUCKET))
end

-- seq, gen and iat of the entry that the user has in this history, or nil.
local function liveEntry(user)
  local live = redis.call('HGET', prefix .. bucketOf(user), user)
  if not live then return nil end
  local seq, entryGen, iat = string.match(live, '^(%d+):(%d+):(%d+)$')
  seq, entryGen, iat = tonumber(seq), tonumber(entryGen), tonumber(iat)
  if seq and entryGen >= firstGen() then return seq, entryGen, iat end
  return nil
end

-- While a draw is ahead, the worker learns of those who take part, and publishes their tokens' hashes.
local stored = {}
local function storeEntry(user, seq, entryGen, iat)
  local bucket = bucketOf(user)
  if isDrawing and not cut then
    redis.call('RPUSH', prefix .. 'entrants', string.format('%.0f:%.0f:%.0f:%.0f', user, seq, entryGen, iat))
    redis.call('PEXPIRE', prefix .. 'entrants', tokenMs)
  end
  checkBefore(bucket)
  redis.call('HSET', prefix .. bucket, user, string.format('%.0f:%.0f:%.0f', seq, entryGen, iat))
  stored[bucket] = true
end

-- To be called at the end of a script that has stored entries: a bucket is kept for the life of a token at least. What
-- is kept for longer already is left alone.
local KEPT_LONGER_MS = 60000
local function keepUsers()
  for bucket in pairs(stored) do
    if isMissing(bucket) or (mustExistUntil[bucket] or 0) < now + tokenMs then
      redis.call('PEXPIRE', prefix .. bucket, tokenMs + KEPT_LONGER_MS)
      mustHave(bucket, now + tokenMs + KEPT_LONGER_MS)
    end
  end
end

-- A user has one entry, the one in its bucket. After a loss it is the first one that is reported again. When a second one
-- is reported, an active one stays, else the older one; the other one expires. Returns whether this entry is the user's.
local function register(user, seq, entryGen, iat, waitMs)
  local other, otherGen, otherIat = liveEntry(user)
  if other == seq and otherGen == entryGen then return true end
  if other and not isDrawn(other) and not isOver(other) then
    local isActive = redis.call('ZSCORE', KEYS[2], other) ~= false
    local stays = isActive or redis.call('ZSCORE', KEYS[2], seq) == false and other < seq
    if stays and (isActive or now < waitEnds(otherIat, waitMs)) then other = seq end
    leave(other)
    redis.call('ZREM', KEYS[4], other)
    markEnded('expired', other, 'replaced')
    if other == seq then return false end
  end
  storeEntry(user, seq, entryGen, iat)
  return true
end
