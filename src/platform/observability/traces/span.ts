import type { TraceParent } from './traceparent';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type Attributes = Record<string, string | number | boolean>;

/** One step of a trace, as those who make it see it. */
export interface Span {
  readonly context: Pick<TraceParent, 'traceId' | 'spanId'>;
  /** Whether it has not ended yet. */
  readonly isOpen: boolean;
  rename(name: string): void;
  set(attributes: Attributes): void;
  link(to: Span): void;
  /**
   * @param error why it failed: its code or class is kept, and not its message, which may quote what a user has sent; or
   * a word for it
   */
  end(error?: unknown): void;
}

export interface SpanOptions {
  kind?: SpanKind;
  attributes?: Attributes;
  /** Others that it belongs to beside its parent. */
  links?: readonly Span[];
}

/** Makes spans. The SDK's, or a test's. */
export interface SpanMaker {
  /** @param parent undefined: a trace begins */
  make(name: string, parent: Pick<TraceParent, 'traceId' | 'spanId'> | undefined, options: SpanOptions): Span;
  /** Hands over what has ended. @param withinMs longest wait; what is left then is lost */
  close(withinMs: number): Promise<void>;
}

/** How a failure is named in a span: by its code, or its class. */
export function failureName(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return error.name === 'Error' ? error.constructor.name : error.name;
}

/** Whether something was thrown to say no, and nothing has failed. */
export const isRefusal = (error: unknown): boolean =>
  (error as { isRefusal?: unknown } | undefined)?.isRefusal === true;
