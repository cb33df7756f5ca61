/** What W3C Trace Context carries in `traceparent`. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  isSampled: boolean;
}

/** A later version may have more behind the flags; of version 00 there is no more (W3C Trace Context, 3.2). */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const SAMPLED = 1;
/** No caller needs more: longer ones are not read. */
const MAX_LENGTH = 128;

/** @returns undefined for what is no traceparent: it is as if it were not there */
export function parseTraceParent(text: string | null | undefined): TraceParent | undefined {
  if (text == null || text.length > MAX_LENGTH) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Of a span that is recorded. */
export const traceParentOf = ({ traceId, spanId }: Omit<TraceParent, 'isSampled'>): string =>
  `00-${traceId}-${spanId}-01`;
