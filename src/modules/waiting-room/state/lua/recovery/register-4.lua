-- register-4.lua: after a loss, gives entries back to their users, from what processes have seen.
-- KEYS  1–4 see common.lua
-- ARGV  1–7 see common.lua  8 longest wait ms  9… n times: user, seq, gen, iat ms
-- Returns {'state-lost'} when the state must be restored first, else {'OK', {seqs that are not their users' entries}}
-- @include ../include/common.lua
-- @include ../include/leaves.lua
-- @include ../include/ends.lua
-- @include ../include/sessions.lua
-- @include ../include/users.lua
if lost() then return { 'state-lost' } end
local refused = {}
for i = 9, #ARGV, 4 do
  if isLost or hasLostEnds(tonumber(ARGV[i + 1])) then
    declareLost()
    break
  end
  local user, seq, entryGen, iat = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local isUsers = not isDrawn(seq) and not isOver(seq)
  if isUsers and entryGen >= firstGen() then
    isUsers = register(user, seq, entryGen, iat, tonumber(ARGV[8]))
  end
  if not isUsers then refused[#refused + 1] = seq end
end
keepUsers()
appendLeaves()
if isLost then return { 'state-lost' } end
return { 'OK', refused }
