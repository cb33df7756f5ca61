// What keeps pods from starting while Helm waits for them: it is shown at once, and Helm's wait ends early when it stays.
const { Failure } = require('../lib/running/failure');

/** Reasons that time alone seldom mends: a wrong name, a registry that refuses, a Secret that is not there. */
const HOPELESS =
  /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|CreateContainerConfigError)$/;
/** Looks in a row with the same container: a registry may fail once. */
const ENOUGH_LOOKS = 12;
const LOOK_MS = 5000;

/** @returns {{where: string, why: string}[]} containers of a list of pods that cannot start */
function cannotStart({ items }) {
  return items.flatMap(({ metadata, status = {} }) =>
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
      .filter(({ state }) => HOPELESS.test(state?.waiting?.reason ?? ''))
      .map(({ name, state: { waiting } }) => ({
        where: `${metadata.name}/${name}`,
        why: `${waiting.reason}: ${waiting.message ?? ''}`,
      })),
  );
}

/**
 * Looks until `signal` ends it.
 * @param {{read: () => Promise<object>, pause: () => Promise<void>, tell: (text: string) => void, signal: AbortSignal}} how
 *   read: the pods as kubectl prints them; it may fail, as the API of a busy cluster does
 * @returns {Promise<{where: string, why: string}[]>} what could not start in all of the last looks; empty when ended
 */
async function watchStart({ read, pause, tell, signal }) {
  const looks = new Map();
  while (!signal.aborted) {
    const pods = await read().catch(() => undefined);
    const found = pods === undefined ? [] : cannotStart(pods);
    for (const { where, why } of found) {
      looks.set(where, (looks.get(where) ?? 0) + 1);
      if (looks.get(where) === 1) tell(`${where} does not start: ${why}`);
    }
    if (pods !== undefined)
      for (const where of looks.keys()) if (!found.some((it) => it.where === where)) looks.delete(where);
    const lost = found.filter(({ where }) => looks.get(where) >= ENOUGH_LOOKS);
    if (lost.length > 0) return lost;
    await pause();
  }
  return [];
}

/**
 * Runs `work`, which waits for pods, and ends it when one of them cannot start.
 * @param {(signal: AbortSignal) => Promise<T>} work @template T
 * @throws Failure with what could not start
 */
async function whilePodsCanStart({ read, tell, todo }, work) {
  const give = new AbortController();
  const end = new AbortController();
  const pause = () =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      end.signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
    });
  const watching = watchStart({ read, pause, tell, signal: end.signal }).then((lost) => {
    if (lost.length > 0) give.abort();
    return lost;
  });
  try {
    return await work(give.signal);
  } catch (error) {
    if (!give.signal.aborted) throw error;
    const details = (await watching).map(({ where, why }) => `${where}: ${why}`).join('\n');
    throw new Failure('Pods cannot start, so there is nothing to wait for.', { details, todo });
  } finally {
    end.abort();
    await watching;
  }
}

module.exports = { watchStart, whilePodsCanStart };
