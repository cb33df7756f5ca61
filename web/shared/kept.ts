/** Storage of this browser. A browser without storage (private, full) keeps the values as long as the page is open. */
const memory = new Map<string, string>();

/** Value stored under the name; the caller knows its shape. */
export function readKept(name: string): unknown {
  try {
    const text = localStorage.getItem(name) ?? memory.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

export function keep(name: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(name, text);
  try {
    localStorage.setItem(name, text);
  } catch {
    // kept in memory
  }
}

export function drop(name: string): void {
  memory.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    // gone from memory
  }
}
