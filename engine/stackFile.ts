import { existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isAlias, isMap, isSeq, parse, parseDocument, type YAMLSeq } from "yaml";
import { UserError } from "../base/errors";
import { lastLines, type Result } from "../base/exec";
import { paths } from "../base/paths";
import { type HostConfig, resolveConfig } from "../stacks/config";
import { checkConfig, ConfigError } from "../stacks/problems";
import { PROJECT, textsOf, valuesOf } from "../stacks/rawConfig";

/** Runs the engine on a stack and its file. */
type Pulumi = (args: readonly string[]) => Promise<Result>;

interface StackFile {
  readonly config?: Readonly<Record<string, unknown>>;
  /** Environments that the backend keeps, and that values come from. */
  readonly environment?: unknown;
}

/** A stack file's checked configuration, with its kind's defaults: of the same values that the program is given. */
export async function readStackFile(stack: string, file: string, pulumi: Pulumi): Promise<HostConfig> {
  if (!existsSync(file)) {
    throw new UserError(
      `${file}: there is no such stack file`,
      "Copy one of Pulumi.local.yaml, Pulumi.prod.yaml and Pulumi.rpi.yaml.",
    );
  }
  const text = readFileSync(file, "utf8");
  const { config = {}, environment } = contentOf(text, file);
  const texts =
    environment !== undefined || hasSecrets(text) ? await decrypted(file, pulumi) : textsOf(config);
  try {
    const values = valuesOf({ ...projectTexts(), ...texts });
    return resolveConfig(
      stack,
      checkConfig(stack, values, ([key, ...path]) => isEncrypted(config[`${PROJECT}:${key}`], path)),
    );
  } catch (error) {
    if (error instanceof ConfigError)
      throw new UserError(`${file}:\n${error.problems.map((line) => `  ${line}`).join("\n")}`);
    throw error;
  }
}

function contentOf(text: string, file: string): StackFile {
  // The engine merges what `<<` names.
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) throw new UserError(`${file}: ${document.errors[0]?.message}`);
  return (document.toJS() ?? {}) as StackFile;
}

/** The values that a stack file's text has, as they are written, encrypted ones too. */
export function writtenValues(text: string, file: string): Record<string, unknown> {
  return valuesOf({ ...projectTexts(), ...textsOf(contentOf(text, file).config ?? {}) });
}

/** What the project file gives every stack that says nothing else. */
function projectTexts(): Record<string, string> {
  const { config = {} } = contentOf(readFileSync(join(paths().repo, "Pulumi.yaml"), "utf8"), "Pulumi.yaml");
  const given = Object.entries(config).flatMap(([key, declared]): [string, unknown][] => {
    const { value, default: usual } = Object(declared) as { value?: unknown; default?: unknown };
    const one = value ?? usual ?? (typeof declared === "object" ? undefined : declared);
    return one === undefined ? [] : [[key.includes(":") ? key : `${PROJECT}:${key}`, one]];
  });
  return textsOf(Object.fromEntries(given));
}

/** A stack file's values in plain text, from the engine: it takes a third of a second, so it is not asked for nothing. */
export async function decrypted(file: string, pulumi: Pulumi): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await pulumi(["config", "--json", "--show-secrets"]);
  if (code !== 0) {
    throw new UserError(
      `${file} holds values that only the engine can read, and it can't: ${lastLines(stderr, 3)}`,
      "Log in to the stack's backend (pulumi login) and give the stack's passphrase (PULUMI_CONFIG_PASSPHRASE).",
    );
  }
  const found = JSON.parse(stdout) as Record<string, { value?: string }>;
  return textsOf(Object.fromEntries(Object.entries(found).map(([key, { value }]) => [key, value])));
}

/** Whether a stack file holds values that are encrypted. */
export function hasSecrets(text: string): boolean {
  const { config } = (parse(text, { merge: true }) ?? {}) as StackFile;
  return isSecret(config);
}

/** Where the encrypted values in a stack file are: a key, and the path below it. */
export function encryptedIn(text: string): [key: string, ...path: (string | number)[]][] {
  const { config = {} } = (parse(text, { merge: true }) ?? {}) as StackFile;
  const found: [string, ...(string | number)[]][] = [];
  const walk = (value: unknown, key: string, path: readonly (string | number)[]): void => {
    if (typeof value !== "object" || value === null) return;
    if (isCipher(value)) found.push([key, ...path]);
    else if (Array.isArray(value)) value.forEach((one, i) => walk(one, key, [...path, i]));
    else Object.entries(value).forEach(([name, one]) => walk(one, key, [...path, name]));
  };
  Object.entries(config).forEach(([key, value]) => walk(value, key, []));
  return found;
}

/** What is at a path in a value; undefined for nothing. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((one, step) => (Object(one) as Record<string, unknown>)[String(step)], value);
}

/** Whether a value is encrypted, or holds one that is. */
function isSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isCipher(value) || Object.values(value).some(isSecret);
}

// Pulumi's own rule.
function isCipher(value: object): boolean {
  return Object.keys(value).join() === "secure";
}

/** Whether what stands at a path in a value is part of an encrypted one, or holds one. */
export function isEncrypted(value: unknown, [key, ...path]: readonly (string | number)[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (key === undefined || isCipher(value)) return isSecret(value);
  return isEncrypted((value as Record<string, unknown>)[key], path);
}

/** Whether a stack file itself has a value, at a path below one of the project's keys, in clear text. */
export function isInClear(file: string, [key, ...path]: readonly [string, ...(string | number)[]]): boolean {
  const { config = {} } = contentOf(readFileSync(file, "utf8"), file);
  const whole = config[`${PROJECT}:${key}`];
  if (isEncrypted(whole, path)) return false;
  return valueAt(typeof whole === "string" ? listIn(whole) : whole, path) !== undefined;
}

/**
 * The list of sites in a stack file, for a change of one: each of them a map of its own, whether it was JSON text, an
 * anchor's alias, or merged from one. Undefined where there is none yet.
 */
export function editableSites(document: Document, file: string): YAMLSeq | undefined {
  const where = ["config", `${PROJECT}:sites`];
  const written = document.getIn(where);
  if (typeof written === "string") document.setIn(where, document.createNode(listIn(written)));
  const sites = document.getIn(where);
  if (sites === undefined || sites === null) return undefined;
  if (!isSeq(sites)) throw new UserError(`${file}: varvol:sites is no list`);
  sites.items.forEach((item, i) => {
    const shared = isAlias(item) || (isMap(item) && item.has("<<"));
    if (shared) sites.set(i, document.createNode((sites.toJS(document) as unknown[])[i]));
  });
  return sites;
}

function listIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The line of a stack file that the state's secrets are encrypted with, beside the passphrase; "" for none. */
export function saltOf(stackFile: string): string {
  return /^encryptionsalt:.*$/m.exec(stackFile)?.[0] ?? "";
}

/** A stack file with that line in place of its own. */
export function withSalt(stackFile: string, salt: string): string {
  const text = stackFile.replace(/^encryptionsalt:.*(\n|$)/m, "").trimEnd();
  return `${text}\n${salt && `${salt}\n`}`;
}

/** Writes a file of the user's all at once: cut off, it is the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const target = realpathSync(file);
  const { mode } = statSync(target);
  writeFileSync(`${target}.new`, text, { mode });
  renameSync(`${target}.new`, target);
}
