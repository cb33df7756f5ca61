declare const dataFolder: {
  asUser: () => string[];
  installArguments: (folder: string) => string[];
  temporaryIn: (folder: string) => string;
};
export = dataFolder;
