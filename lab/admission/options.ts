import { parseArgs } from 'node:util';
import closest from '../../scripts/lib/closest.js';
import { lasting, type Shape, SHAPES } from './scenarios.ts';

const { didYouMean } = closest;

export interface Wanted {
  shapes: Shape[];
  /** Of each door. */
  runs: number;
  /** The folder under results/. */
  id: string;
  /** Also to docs/results. */
  save: boolean;
}

export const usage = (): string => `npm run doors [-- shape … --caps N,N,… --seconds N --runs N --save]

  shape        ${SHAPES.map(({ name }) => name).join(', ')}; none: all of them, one after the other
  --caps N,…   fixed caps to compare with (default: each shape's own), or none
  --seconds N  length of each run (default: each shape's own)
  --runs N     runs of each door, of which the means count (default 1)
  --save       also writes docs/results/doors.md and its pictures

${SHAPES.map(({ name, about, seconds, caps }) => `  ${name}  ${about}: ${seconds} s, caps ${caps.join(', ')}`).join('\n')}`;

/** @returns undefined: help is wanted @throws Error that says what is wrong */
export function readArguments(args: string[], now = new Date()): Wanted | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      caps: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string', default: '1' },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const names = positionals.length > 0 ? positionals : SHAPES.map(({ name }) => name);
  const seconds = values.seconds === undefined ? undefined : positive('--seconds', values.seconds);
  const caps = values.caps === 'none' ? [] : values.caps?.split(',').map((cap) => positive('--caps', cap));
  const shapes = names.map((name) => {
    const shape = lasting(shapeOf(name), seconds);
    return { ...shape, caps: caps ?? shape.caps };
  });
  return {
    shapes,
    runs: positive('--runs', values.runs),
    id: `doors-${now.toISOString().slice(0, 19).replaceAll(':', '')}`,
    save: values.save,
  };
}

function shapeOf(wanted: string): Shape {
  const found = SHAPES.find(({ name }) => name === wanted);
  if (found === undefined)
    throw new Error(
      `There is no shape "${wanted}".${didYouMean(
        wanted,
        SHAPES.map(({ name }) => name),
      )}`,
    );
  return found;
}

function positive(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`${option} must be a whole number above 0, not "${text}".`);
}
