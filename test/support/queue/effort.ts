import { randomBytes } from 'node:crypto';
import type { Redis } from '../../../src/platform/redis/redis';

interface Effort {
  /** Script → the most that one of its calls has done since the last time. */
  takeLargest: () => Promise<Record<string, number>>;
  /** Call `number` of the script, from 1, fails as if its process had ended before it. */
  endBefore: (script: string, number: number) => void;
}

type Command = (...args: unknown[]) => Promise<unknown>;

/**
 * Counts what each call of a script does that is loaded on this connection from now on: its commands, and what these return
 * or remove of lists.
 */
export function countEffort(redis: Redis): Effort {
  const key = `test:effort:${randomBytes(6).toString('hex')}`;
  const left = new Map<string, number>();
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, { lua, ...definition }) => {
    define(name, { ...definition, lua: counting(lua, key, name) });
    const commands = redis as unknown as Record<string, Command>;
    const command = commands[name];
    if (command === undefined) throw new Error(`${name} was not defined`);
    commands[name] = async (...args) => {
      const calls = left.get(name);
      if (calls !== undefined) left.set(name, calls - 1);
      if (calls === 1) throw new Error('the process has ended');
      return command.apply(redis, args);
    };
  };
  return {
    takeLargest: async () => {
      const flat = await redis.zrangebyscore(key, '-inf', '+inf', 'WITHSCORES');
      await redis.del(key);
      const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[name, Number(flat[i + 1])] as const] : []));
      return Object.fromEntries(pairs.map(([name, effort]) => [name.replace('script:', ''), effort]));
    },
    endBefore: (script, number) => void left.set(`script:${script}`, number),
  };
}

const counting = (lua: string, key: string, name: string): string => `local effort = 0
  local function measured(...)
    local reply = redis.call(...)
    effort = effort + 1
    if type(reply) == 'table' then
      effort = effort + #reply + (type(reply[2]) == 'table' and #reply[2] or 0)
    elseif string.find(..., '^ZREMRANGE') then
      effort = effort + reply
    end
    return reply
  end
  local function script()
    ${lua.replaceAll('redis.call(', 'measured(')}
  end
  local reply = script()
  redis.call('ZADD', '${key}', 'GT', effort, '${name}')
  return reply`;
