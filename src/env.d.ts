/** The few globals the library core uses; both browsers and Node have them. */
declare const performance: { now(): number };
interface ImportMeta {
  readonly url: string;
}
declare const console: {
  log(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
};
declare function setTimeout(run: () => void, milliseconds: number): unknown;
