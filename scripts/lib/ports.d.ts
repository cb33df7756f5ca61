declare const ports: {
  freePort: () => Promise<number>;
  isListening: (port: number) => Promise<boolean>;
};
export = ports;
