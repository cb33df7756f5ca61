-- Sends prefix .. value .. suffix, value by value from the file; each value is used once, or in turn without end.
-- Environment: BENCH_FILE (values, each ended by RS, \30)  BENCH_PREFIX  BENCH_SUFFIX  BENCH_FIRST (values to skip)
--              BENCH_WRAP (1: start again at the end)  BENCH_DELAY_MS (0: none; else the mean pause before each request)
-- Prints one line: BENCH {json}. `used` is where the next round goes on; `exhausted`: the values did not suffice.
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

local prefix, suffix, values, count, wrap
local pause = tonumber(os.getenv('BENCH_DELAY_MS') or '0')

function init()
  prefix, suffix = os.getenv('BENCH_PREFIX') or '', os.getenv('BENCH_SUFFIX') or ''
  wrap = os.getenv('BENCH_WRAP') == '1'
  local file = assert(io.open(os.getenv('BENCH_FILE'), 'rb'))
  local text = file:read('*a')
  file:close()
  values = {}
  for value in string.gmatch(text, '([^\30]+)\30') do
    values[#values + 1] = value
  end
  count = #values
  at, exhausted = tonumber(os.getenv('BENCH_FIRST') or '0'), false
  math.randomseed(1)
end

function request()
  if at >= count then
    if wrap then
      at = 0
    else
      at, exhausted = count - 1, true
      wrk.thread:stop()
    end
  end
  at = at + 1
  return prefix .. values[at] .. suffix
end

if pause > 0 then
  -- From half to one and a half times the pause, so that connections do not march in step.
  function delay()
    return math.floor(pause * (0.5 + math.random()) + 0.5)
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'BENCH {"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50Ms":%.3f,"p99Ms":%.3f,"used":%d,"exhausted":%s}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    threads[1]:get('at'), tostring(threads[1]:get('exhausted'))))
end
