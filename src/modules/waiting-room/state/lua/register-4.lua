-- register-4.lua: after a loss, entries are their users' again by what processes have seen of them.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest wait ms  9… n times: key of the users' live places, user, seq, gen, iat ms
-- Returns {'LOST'} when the state must be restored first, else {'OK', {seqs that are not their users' entries}}
-- @include common.lua
if lost() then return { 'LOST' } end
local refused = {}
for i = 9, #ARGV, 5 do
  local seq = tonumber(ARGV[i + 2])
  local isLive = not hasEnded('done', seq) and not hasEnded('expired', seq)
  local isOfLife = tonumber(ARGV[i + 3]) >= gen - gen % LIFE
  if isLive and isOfLife then
    isLive = register(ARGV[i], ARGV[i + 1], seq, tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[8]))
  end
  if not isLive then refused[#refused + 1] = seq end
end
return { 'OK', refused }
