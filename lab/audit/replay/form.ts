const N = String.raw`\d{1,16}`;
const RATE = String.raw`\d+(?:\.\d+)?(?:e[+-]?\d+)?`;
const MAYBE = `(?:-|${RATE})`;
const STATE = `${N}(?: ${N}){6} [01-]${` ${MAYBE}`.repeat(4)}`;

/** What stands behind type and time of a leaf, by its type (docs/transparency.md). */
const FORMS = new Map(
  Object.entries({
    begin: STATE,
    restore: STATE,
    state: STATE,
    open: N,
    head: N,
    gap: `${N} ${N} (?:-|${N})`,
    issue: String.raw`${N} ${N} [\w+/]{43}=`,
    admit: `${N} (?:next ${N}|rejoined|free)`,
    pass: `${N} ${N}`,
    back: N,
    away: N,
    end: `${N} (?:paid|expired|released|replaced)`,
    limit: `(?:operator|auto|fixed) ${N} ${MAYBE}(?: ${N})?`, // older leaves do not say how long a session lasts
    decision: `${N} ${RATE} [a-z-]+:[a-z-]+`,
    command: `(?:(?:pause|resume|auto) -|limit ${N}|rate ${RATE})`,
    epoch: N,
    present: String.raw`${N} \d{1,6} \d{1,4} [\w+/]*={0,2}`,
    sale: '(?:NOT_OPEN|OPEN|WAITLIST|SOLD_OUT|CLOSED|)',
    cut: `${N} ${N}`,
    draw: `${N} ${N} [0-9a-f]{64}`,
  }).map(([kind, form]) => [kind, new RegExp(`^${form}$`)]),
);

/** @returns what is wrong with the form of a leaf: a reader who guesses what it means may be led to anything */
export function malformation(kind: string, ms: string, rest: string): string | undefined {
  const form = FORMS.get(kind);
  if (form === undefined) return `there are no leaves of type ${kind}`;
  if (!/^\d{13}$/.test(ms)) return 'a leaf has no time';
  return form.test(rest) ? undefined : `a leaf of type ${kind} is malformed: ${rest.slice(0, 60)}`;
}
