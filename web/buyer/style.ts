import { jittered, wait } from './kernel';

/** Path of the stylesheet of the script that this is bundled into: the build fills it in. */
declare const STYLE: string;

const RETRY_MS = 5000;

/** @returns whether it came */
const addStyle = (): Promise<boolean> =>
  new Promise((resolve) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = STYLE;
    link.onload = () => resolve(true);
    link.onerror = () => {
      link.remove();
      resolve(false);
    };
    document.head.append(link);
  });

/** Ends after the first attempt: a script without style works all the same, and the style is tried again. */
export async function loadStyle(): Promise<void> {
  if (!(await addStyle())) void wait(jittered(RETRY_MS)).then(loadStyle);
}
