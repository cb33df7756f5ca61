declare module '*.css' {
  /** The style, as the build has made it small. */
  const style: string;
  export default style;
}
