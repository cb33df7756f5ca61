const { watchOutput } = require('./output');

/** An expected failure: says what happened and what to do, and is shown without a stack trace. */
class Failure extends Error {
  /** @param {string} what @param {{todo?: string, details?: string, code?: number}} [more] code: exit code, default 1 */
  constructor(what, { todo = '', details = '', code = 1 } = {}) {
    super(what);
    this.name = 'Failure';
    this.todo = todo;
    this.details = details;
    this.code = code;
  }
}

/** Thrown where work is abandoned because Ctrl-C or SIGTERM asked for the end. */
class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Thrown for --help: the usage goes to stdout, and nothing else happens. */
class Help extends Error {
  constructor(usage) {
    super(usage);
    this.name = 'Help';
  }
}

function describe(error) {
  if (!(error instanceof Failure)) return error.stack ?? String(error);
  const details = error.details.trim();
  return [error.message, details && details.replace(/^/gm, '    '), error.todo && `What to do: ${error.todo}`]
    .filter(Boolean)
    .join('\n');
}

/** Runs a command's main function and turns its end into an exit code; nothing escapes without a message. */
async function runMain(main) {
  watchOutput();
  const [major, minor] = process.versions.node.split('.').map(Number);
  try {
    if (major < 20 || (major === 20 && minor < 19)) {
      throw new Failure(`Node ${process.versions.node} is too old.`, {
        todo: 'install Node 20.19 or newer.',
      });
    }
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = 130;
      return;
    }
    if (error instanceof Help) {
      process.stdout.write(`${error.message.trimEnd()}\n`);
      return;
    }
    process.stderr.write(`\n${describe(error)}\n`);
    process.exitCode = error instanceof Failure ? error.code : 1;
  }
}

module.exports = { Failure, Help, Interrupted, runMain };
