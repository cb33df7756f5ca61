-- write-sale-2.lua: the state of a queue's sale, for its status. A change of the state is a leaf of the transparency log.
-- KEYS  1 sale (JSON)  2 leaves (list)
-- ARGV  1 the sale (JSON)  2 how long it may be shown (ms)  3 its state  4 1 when a transparency log is kept
-- Returns 1 when the state has changed
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local isRead, sale = pcall(cjson.decode, before or '')
if isRead and type(sale) == 'table' and sale.state == ARGV[3] then return 0 end
if ARGV[4] == '1' then
  local clock = redis.call('TIME')
  redis.call('RPUSH', KEYS[2], string.format('sale %.0f %s', clock[1] * 1000 + math.floor(clock[2] / 1000), ARGV[3]))
end
return 1
