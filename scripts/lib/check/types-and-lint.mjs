// Type check and lint in one process: both need the same programs of the compiler, and to make them takes longer than
// all the rest of the type check.
import path from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { PROJECTS } from '../../../eslint.config.mjs';

const root = path.resolve(import.meta.dirname, '../../..');
const shown = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
};

function refuse(diagnostic) {
  throw new Error(ts.formatDiagnostic(diagnostic, shown));
}

/** With the way from a node to its parents, which rules go. @param {string} project path of a tsconfig.json */
function programOf(project) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: refuse };
  const { options, fileNames, errors, projectReferences } = ts.getParsedCommandLineOfConfigFile(
    path.join(root, project),
    {},
    host,
  );
  return ts.createProgram({
    rootNames: fileNames,
    options,
    projectReferences,
    configFileParsingDiagnostics: errors,
    host: ts.createCompilerHost(options, true),
  });
}

const programs = PROJECTS.map(programOf);
const faults = programs.flatMap((program) => ts.getPreEmitDiagnostics(program));
process.stdout.write(ts.formatDiagnostics(faults, shown));

const eslint = new ESLint({
  cwd: root,
  overrideConfig: { files: ['**/*.{ts,tsx}'], languageOptions: { parserOptions: { programs } } },
});
const results = await eslint.lintFiles('.');
const { format } = await eslint.loadFormatter('stylish');
process.stdout.write(await format(results));
if (faults.length > 0 || results.some(({ errorCount }) => errorCount > 0)) process.exitCode = 1;
