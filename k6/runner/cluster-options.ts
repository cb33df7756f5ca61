import { knownVariables, readVariables } from './variables.ts';
import { demandScript } from './options.ts';

export const USAGE = `npm run cluster -- load [scenario] [VARIABLE=value…] [--pods N] [options]
One run of k6/<scenario>.ts in the cluster, by default study; exit code 99: thresholds were missed.
VARIABLE: k6/README.md. --pods: as many share the load, and what they have measured is judged as a whole. The other
options go to helm.`;

/** @param args scenario and variables @throws Error that says what is wrong */
export function readArguments([scenario = '', ...variables]: string[]): void {
  demandScript(scenario);
  readVariables(variables, knownVariables(scenario), scenario);
}
