import type { StackChoice } from "../engine/stack";

/** How an option is written, and what it does. */
export type OptionText = readonly [flags: string, about: string];

/** How a verb's options are written, but for those that every verb has. */
export type OptionsOf<T extends StackChoice> = {
  readonly [key in Exclude<keyof T, keyof StackChoice>]-?: OptionText;
};

/** What the command line needs of a verb that it runs. */
export interface VerbModule {
  readonly options?: Readonly<Record<string, OptionText>>;
  run(options: StackChoice, names: readonly string[]): Promise<void>;
}

/** Options that many verbs have. */
export interface JsonOption extends StackChoice {
  readonly json?: boolean;
}
export const json: OptionText = ["--json", "print JSON"];
export const yes: OptionText = ["-y, --yes", "do not ask"];
export const modules: OptionText = ["--modules", "the modules (gateway, mysql) too"];
export const mode: OptionText = [
  "--mode <mode>",
  "hot: nothing is stopped; stop: what writes is, while the last changes are copied",
];
export const snapshot: OptionText = [
  "--snapshot <name>",
  "the snapshot, or the beginning of its name (default: the newest)",
];
