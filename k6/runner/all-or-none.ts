/**
 * Waits for both parts of a run. When one fails, or the product or a store ends, the others are ended at once, and
 * waited for.
 * @param begin starts the parts, which end early when its signal is aborted
 * @throws what failed first
 */
export async function allOrNone<A, B>(
  productEnded: Promise<never>,
  begin: (signal: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const ending = new AbortController();
  let onSignal = (): void => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    onSignal = () => reject(new Error('The run was ended: what it needs is gone.'));
    process.once('SIGTERM', onSignal);
  });
  const parts = begin(ending.signal);
  try {
    return await Promise.race([Promise.all(parts), productEnded, failed]);
  } catch (error) {
    ending.abort();
    await Promise.allSettled(parts);
    throw error;
  } finally {
    process.off('SIGTERM', onSignal); // what comes after the parts is ended by it as any process is
  }
}
