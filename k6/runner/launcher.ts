/** Asks scripts/load.js, which has started the services, for something that only it may do. */
export function demand(act: string, what: Record<string, unknown>): Promise<void> {
  if (process.send === undefined) return Promise.reject(new Error('Start it with npm run load.'));
  const id = nextId++;
  return new Promise((resolve, reject) => {
    const onMessage = (answer: { id: number; error?: string }): void => {
      if (answer.id !== id) return;
      process.off('message', onMessage);
      if (answer.error === undefined) resolve();
      else reject(new Error(answer.error));
    };
    process.on('message', onMessage);
    process.send?.({ id, act, ...what });
  });
}

let nextId = 1;
