import { existsSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { unmount } from './small-disk.ts';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 2 ** 31;

/**
 * In memory where there is room: the kill of a process loses nothing that it has written to a file, wherever that is,
 * and a busy disk would look like a fault.
 */
export function scratchFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize >= ROOM_BYTES) return MEMORY;
  } catch {
    // not on this system
  }
  return tmpdir();
}

/** Removes what a run has left, once. @param isMounted the data are on a small disk */
export function clearScratch(scratch: string, dataFolder: string, isMounted: boolean): void {
  if (!existsSync(scratch)) return;
  if (isMounted) unmount(dataFolder);
  rmSync(scratch, { recursive: true, force: true });
}
