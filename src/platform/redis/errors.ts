/**
 * What an error of Redis, or of its client, means for the caller:
 * - `mistake`: a bug of a script or of a call. The same code fails again, everywhere: 500.
 * - `not-now`: a later try, or one elsewhere, may succeed: 503.
 * - `demoted`: the same, and the server says that it is no longer the master: a new connection may reach the master.
 */
export type RedisErrorKind = 'mistake' | 'not-now' | 'demoted';

/** Errors of JavaScript itself come from a call with wrong arguments. */
const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'URIError', 'EvalError']);

/**
 * First words of replies that blame the command. All others report the state of the server, its rights or its cluster,
 * and so does a reply without such a word, which comes from a proxy.
 */
const MISTAKES = new Set(['ERR', 'WRONGTYPE', 'CROSSSLOT', 'BUSYKEY', 'BUSYGROUP']);

const DEMOTED = new Set(['READONLY', 'MASTERDOWN', 'LOADING', 'NOREPLICAS', 'UNBLOCKED', 'CLUSTERDOWN']);

/** Replies that begin with ERR but report a state: a limit, a right that a script lacks, a proxy that has no server. */
const ERR_NOT_NOW =
  /max number of clients|ACL failure|the user executing the script|connection (?:refused|reset|closed|timed out)|operation timed out|server (?:connection )?closed|broken pipe|host is down|no route to host|unreachable|not available|unavailable|backend|upstream|overload|maintenance/i;
/** An error of a command that a script has called, as Redis before 7.0 reports it. */
const OF_A_SCRIPTS_CALL = /^ERR Error running script .*?: -?([A-Z]+) /;

export function redisErrorKind(error: unknown): RedisErrorKind {
  if (!(error instanceof Error) || BUGS.has(error.name)) return 'mistake';
  if (error.name !== 'ReplyError') return 'not-now'; // no connection, or no answer in time
  const [, inner] = OF_A_SCRIPTS_CALL.exec(error.message) ?? [];
  const prefix = inner ?? /^[A-Z]+/.exec(error.message)?.[0] ?? '';
  if (DEMOTED.has(prefix)) return 'demoted';
  if (!MISTAKES.has(prefix)) return 'not-now';
  return prefix === 'ERR' && ERR_NOT_NOW.test(error.message) ? 'not-now' : 'mistake';
}
