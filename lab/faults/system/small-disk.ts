import { execFileSync } from 'node:child_process';

const SIZE = '420m';

/** Whether this process may mount: only root may. */
export const canMount = (): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** A disk small enough to be filled up in a moment. */
export function mountSmall(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'faults', folder]);
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]); // its servers may still be on their way out
}
