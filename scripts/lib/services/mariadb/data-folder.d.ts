declare const dataFolder: {
  asUser: () => string[];
  installArguments: (folder: string) => string[];
};
export = dataFolder;
