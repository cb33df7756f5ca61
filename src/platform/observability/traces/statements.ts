import type { SpanOptions } from './span';
import type { Tracer } from './tracer';

const SYSTEM = { 'db.system.name': 'mariadb' };
/** Longer statements are cut: what they do is in their beginning. */
const MAX_TEXT = 1000;
/** Words before the name of a table. */
const BEFORE_TABLE = new Set(['FROM', 'INTO', 'UPDATE', 'JOIN', 'STRAIGHT_JOIN']);
const NAME = /^\w+$/;

interface Described {
  name: string;
  options: SpanOptions;
}

/** By statement. They are constants of the code, so there are not many. */
const described = new Map<string, Described>();

/**
 * What OpenTelemetry's conventions want to know of a statement: `SELECT concert_seat`, and its text, in which there is
 * no value: those are bound to its placeholders.
 */
function describeStatement(sql: string): Described {
  const known = described.get(sql);
  if (known !== undefined) return known;
  const words = sql.trim().split(/\s+/);
  const operation = (words[0] ?? '').toUpperCase();
  const table = words.find(
    (word, i) => BEFORE_TABLE.has((words[i - 1] ?? '').toUpperCase()) && NAME.test(word),
  );
  const name = table === undefined ? operation : [operation, table].join(' ');
  const attributes = {
    ...SYSTEM,
    'db.operation.name': operation,
    'db.query.summary': name,
    'db.query.text': words.join(' ').slice(0, MAX_TEXT),
  };
  const found: Described = { name, options: { kind: 'client', attributes } };
  described.set(sql, found);
  return found;
}

/** Runs a statement in its span. */
export function tracedStatement<T>(tracer: Tracer, sql: string, run: () => Promise<T>): Promise<T> {
  if (tracer.active() === undefined) return run();
  const { name, options } = describeStatement(sql);
  return tracer.run(name, options, run);
}

/** Of a whole transaction, the wait for a connection included. */
export const TRANSACTION: SpanOptions = { kind: 'client', attributes: SYSTEM };
