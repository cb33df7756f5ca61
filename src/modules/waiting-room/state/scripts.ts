import { join } from 'node:path';
import type { WaitingRoomMetrics } from '../metrics';
import type { Tracer } from '../../../platform/observability/traces/tracer';
import { loadScript, type Redis, type Script, type ScriptArgument } from '../../../platform/redis/redis';
import type { ScriptLimit } from '../admission/policy';
import type { QueueRules } from '../rules';
import type { QueueKeys } from './keys';

/** Script → its file: `<name>-<number of keys>`. */
const FILES = {
  issue: 'issue-4',
  resolve: 'resolve-4',
  admit: 'admit-4',
  endSession: 'end-session-4',
  extendSession: 'extend-session-4',
  snapshot: 'snapshot-4',
  flushPresence: 'flush-presence-4',
  importEnds: 'recovery/import-ends-4',
  prepare: 'recovery/prepare-4',
  restore: 'recovery/restore-4',
  register: 'recovery/register-4',
  drainLeaves: 'drain-leaves-4',
  reportLoad: 'admission/report-load-4',
  applyDecision: 'admission/apply-decision-4',
  setOverride: 'admission/set-override-4',
  admitUpTo: 'admission/admit-up-to-4',
  countGone: 'admission/count-gone-4',
  setOpening: 'opening/set-opening-4',
  draw: 'opening/draw-4',
  dropEntrants: 'opening/drop-entrants-4',
} as const;

/** Their replies hold bytes that are no text. */
const WITH_BYTES: ReadonlySet<ScriptName> = new Set(['snapshot', 'drainLeaves']);
const WITHOUT_LEAVES = { 'leaves.lua': 'no-leaves.lua' };

type ScriptName = keyof typeof FILES;

export interface ScriptCall {
  /** The highest seq that the caller knows to be issued: an older state counts as lost. */
  known: number;
  /** The script's own arguments, from ARGV 8 on. */
  own: ScriptArgument[];
  /** For scripts that admit. */
  limit?: ScriptLimit;
}

/** The Lua scripts of one queue, with the keys and arguments that all of them take (head of lua/include/common.lua). */
export class QueueScripts {
  private readonly scripts: Record<ScriptName, Script>;

  constructor(
    redis: Redis,
    private readonly keys: QueueKeys,
    private readonly rules: QueueRules,
    metrics: WaitingRoomMetrics,
    tracer: Tracer,
  ) {
    const load = (name: ScriptName): Script => {
      const path = join(__dirname, 'lua', FILES[name]);
      const script = FILES[name].replace(/^.*\/|-\d+$/g, '');
      const duration = metrics.redisDuration.labels({ script });
      const observe = (seconds: number): void => duration.observe(seconds);
      return loadScript(redis, path, observe, {
        replies: WITH_BYTES.has(name) ? 'buffers' : 'strings',
        instead: rules.isLogged === false ? WITHOUT_LEAVES : {},
        tracer,
      });
    };
    const names = Object.keys(FILES) as ScriptName[];
    this.scripts = Object.fromEntries(names.map((name) => [name, load(name)])) as typeof this.scripts;
  }

  /**
   * Life of a token: the longest wait and the longest session. Holds may be made until one hold's length after the
   * session's original deadline, and the last one lasts as long again (resolve-4.lua), and may be extended once.
   */
  get tokenLifeMs(): number {
    const { maxWaitMs, sessionMs, holdMs = 0, holdExtensionMs = 0 } = this.rules;
    return maxWaitMs + sessionMs + 2 * holdMs + holdExtensionMs;
  }

  /** One atomic script, one round trip. @throws RedisUnavailable */
  async run(name: ScriptName, { known, own, limit = 0 }: ScriptCall): Promise<unknown> {
    const { sessionMs, idleTimeoutMs, presenceTimeoutMs } = this.rules;
    const shortestEpochMs = Math.ceil(presenceTimeoutMs / 2);
    const common = [
      this.keys.prefix,
      limit,
      sessionMs,
      idleTimeoutMs,
      shortestEpochMs,
      this.tokenLifeMs,
      known,
    ];
    return this.scripts[name](this.keys.scriptKeys, [...common, ...own]);
  }
}
