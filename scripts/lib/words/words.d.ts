declare const words: {
  rules: readonly { out: string; write: string }[];
  isChecked: (file: string) => boolean;
  findWords: (file: string, text: string) => { line: number; word: string; write: string }[];
};
export = words;
