// Values of options of the programs in TypeScript.
import options from './options.js';

/** @param option for the error @throws Error that names it */
export function wholeNumber(
  option: string,
  text: string,
  { min = 1, max }: { min?: number; max: number },
): number {
  const number = options.plainNumber(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}

/**
 * The name of a run, or of what is kept of it: a folder or a file is named so, and ".." would be the folder above.
 * @param option for the error
 * @param max letters
 * @throws Error that names it
 */
export function runName(option: string, text: string, max = 64): string {
  if (/^[\w.-]+$/.test(text) && !['.', '..'].includes(text) && text.length <= max) return text;
  throw new Error(
    `${option}: 1 to ${max} letters, digits, ".", "_" or "-", and not "." or ".." alone, not "${text}".`,
  );
}
