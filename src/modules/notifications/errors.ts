/** The notifier refused or did not answer; the event is tried again. */
export class NotifyFailed extends Error {
  override readonly name = 'NotifyFailed';
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}
