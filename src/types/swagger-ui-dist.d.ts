declare module 'swagger-ui-dist/absolute-path' {
  /** The folder that holds Swagger UI's files. (The package's index loads the whole bundle: 0.15 s, 39 MB.) */
  export default function absolutePath(): string;
}
