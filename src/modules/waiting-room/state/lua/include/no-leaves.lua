-- no-leaves.lua: instead of leaves.lua where no transparency log is kept (TRANSPARENCY=off).
local function addLeaf() end
local function addIssue() end
local function addAdmission() end
local function addBits() end
local function appendLeaves() end
local function addWholeState() end

-- A process that keeps a log has begun to describe the state, and there may be none any more.
local function describePiece()
  if toDescribe then redis.call('HDEL', KEYS[1], 'toDescribe') end
  toDescribe = false
end
