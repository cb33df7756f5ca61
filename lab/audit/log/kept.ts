import { existsSync, readFileSync, writeFileSync } from 'node:fs';

interface Kept {
  key: string;
  checkpoints: string[];
}

/** Checkpoints that earlier audits have seen, and the key that they were signed with. */
export function readKept(file: string | undefined): Kept | undefined {
  return file === undefined || !existsSync(file)
    ? undefined
    : (JSON.parse(readFileSync(file, 'utf8')) as Kept);
}

export function writeKept(file: string, kept: Kept): void {
  writeFileSync(
    file,
    `${JSON.stringify({ ...kept, checkpoints: [...new Set(kept.checkpoints)] }, null, 2)}\n`,
  );
}
