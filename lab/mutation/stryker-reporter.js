// Stryker's reporter: a line of JSON for each mutant as soon as it has been tried, so that a run that is ended has reported
// what it knows.
const fs = require('node:fs');

class Lines {
  onMutantTested({ fileName, location, mutatorName, replacement, status, killedBy }) {
    const line = { fileName, location, mutatorName, replacement, status, killedBy };
    fs.appendFileSync(process.env.MUTANTS_FILE, `${JSON.stringify(line)}\n`);
  }
}

exports.strykerPlugins = [{ kind: 'Reporter', name: 'lines', injectableClass: Lines }];
