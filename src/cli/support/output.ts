const REASONS: Partial<Record<string, string>> = {
  ENOSPC: 'no space is left',
  EPIPE: 'its reader has closed it',
};

/**
 * Output that cannot be written is one line on stderr and exit code 1. The work goes on to its end: half a migration would
 * be worse.
 */
export function watchOutput(): void {
  let isLost = false;
  process.stdout.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (!isLost) process.stderr.write(`The output cannot be written: ${REASONS[code] ?? code}.\n`);
    isLost = true;
  });
  process.stderr.on('error', () => undefined); // then there is nowhere to say it
  process.on('exit', (code) => {
    if (isLost && code === 0) process.exitCode = 1;
  });
}
