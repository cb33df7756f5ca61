const REASONS = { ENOSPC: 'no space is left', EPIPE: 'its reader has closed it' };

/**
 * Output that cannot be written is one line on stderr and exit code 1. The work goes on to its end, for half of it may be
 * worse (services that run on, a migration half made).
 */
function watchOutput() {
  let isLost = false;
  const lost = ({ code }) => {
    if (!isLost) process.stderr.write(`The output cannot be written: ${REASONS[code] ?? code}.\n`);
    isLost = true;
  };
  process.stdout.on('error', lost);
  process.stderr.on('error', () => {}); // then there is nowhere to say it
  process.on('exit', (code) => {
    if (process.stdout.errored) lost(process.stdout.errored); // an end by process.exit comes before the event
    if (isLost && code === 0) process.exitCode = 1;
  });
}

module.exports = { watchOutput };
