import { closest } from '../closest';
import { RENAMED } from './renamed';

/** Beginnings that only our variables have; others (REDIS_, HTTP_, NODE_ …) are used by many programs. */
const OURS =
  /^(?:QUEUE|HOLD|TOKEN|MANAGEMENT|IDEMPOTENCY|OUTBOX|EVENT|NOTIFIER|BREAKER|SHUTDOWN|TRUST|WEBHOOK|TRACES)_/;
/** What Kubernetes sets for each Service. */
const SERVICE_LINK = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_\w+)?)$/;
/** Shorter names are near to too many others. */
const LEAST_LENGTH = 5;

/** @param variables the names that are known @returns what is to be said of a name that nothing reads; undefined: it may be another program's */
export function unknownVariable(name: string, variables: readonly string[]): string | undefined {
  if (variables.includes(name) || SERVICE_LINK.test(name)) return undefined;
  const renamed = RENAMED.get(name);
  if (renamed !== undefined) return `${name} is not known and changes nothing: its name is ${renamed} now.`;
  const isTypo = name.length >= LEAST_LENGTH && /^[A-Z\d_]+$/.test(name);
  const meant = isTypo ? closest(name, variables) : undefined;
  const isNear = meant !== undefined && isSlip(name, meant);
  if (!isNear && !OURS.test(name)) return undefined;
  return `${name} is not known and changes nothing.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
}

/** A slip is in the first word or behind it: what differs in both is another program's. */
function isSlip(name: string, meant: string): boolean {
  const [first, ...rest] = name.split('_');
  const [meantFirst, ...meantRest] = meant.split('_');
  return first === meantFirst || rest.join('_') === meantRest.join('_');
}
