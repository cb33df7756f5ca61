/** The target is not one that may be called: another one must be given. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
}
