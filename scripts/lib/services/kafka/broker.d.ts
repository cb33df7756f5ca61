declare const broker: {
  classPath: (jars: string) => string[];
  writeSettings: (
    folder: string,
    broker: {
      controllerPort: number;
      listeners: { name: string; port: number; advertisedPort?: number }[];
    },
  ) => void;
  formatArguments: (jars: string) => string[];
  serveArguments: (jars: string, heap: string[]) => string[];
};
export = broker;
