-- registration.lua: which entries take part in a draw. Needs common.lua and leaves.lua.
-- The registration closes with the first script that finds it time. Those who take part get new numbers by the draw, the
-- next ones; users who come from now on are behind these.
local function closeRegistration()
  if not isDrawing or cut or now < opensAt then return end
  cut = string.format('%.0f:%.0f', headSeq, issued)
  addLeaf('cut', '%.0f %.0f', headSeq, issued)
  issued = issued + (issued - headSeq)
  redis.call('HSET', KEYS[1], 'cut', cut, 'issued', issued)
end
