import { jittered, wait } from '../shared/wait';

const RETRY_MS = 5000;

/** @returns whether it came */
const addStyle = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = url;
    link.onload = () => resolve(true);
    link.onerror = () => {
      link.remove();
      resolve(false);
    };
    document.head.append(link);
  });

/** Ends after the first attempt: a script without style works all the same, and the style is tried again. */
export async function loadStyle(url: string): Promise<void> {
  if (!(await addStyle(url))) void wait(jittered(RETRY_MS)).then(() => loadStyle(url));
}
