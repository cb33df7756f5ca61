declare const words: {
  closest: (word: string, known: readonly string[]) => string | undefined;
  didYouMean: (word: string, known: readonly string[]) => string;
};
export = words;
