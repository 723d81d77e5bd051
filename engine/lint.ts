import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import { checkConfig, ConfigError } from "../stacks/problems";
import { PROJECT } from "../stacks/rawConfig";
import { isEncrypted, writtenValues } from "./stackFile";

/** Something that is wrong with a stack file, and where. */
export interface Finding {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** All that is wrong with a stack file as far as the file alone tells: no host is asked, and no other file is read. */
export function lintFile(file: string): Finding[] {
  if (!existsSync(file)) return [{ line: 1, column: 1, message: "there is no such file" }];
  const text = readFileSync(file, "utf8");
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0)
    return document.errors.map(({ pos, message }) => ({
      ...at(pos[0]),
      message: message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "",
    }));
  const { config = {} } = (document.toJS() ?? {}) as { config?: Record<string, unknown> };
  const stack = /^Pulumi\.([\w-]+)\.ya?ml$/.exec(basename(file))?.[1] ?? basename(file);
  const findings = problemsIn(stack, text, file).flatMap((message): Finding[] => {
    const path = pathIn(message);
    const [key = "", ...rest] = path;
    // What only the engine can read is checked by what reads it, before anything is touched.
    if (isEncrypted(config[`${PROJECT}:${String(key)}`], rest)) return [];
    return [{ ...at(offsetOf(document, path)), message }];
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

function problemsIn(stack: string, text: string, file: string): readonly string[] {
  try {
    checkConfig(stack, writtenValues(text, file));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The path that a problem begins with, as varvol:sites[0].kind. */
function pathIn(message: string): (string | number)[] {
  const key = /^varvol:(\S+?): /.exec(message)?.[1] ?? "";
  return [...key.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}

/** Where that stands; of what is missing, where it would be. */
function offsetOf(document: Document, [key = "", ...rest]: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of ["config", `${PROJECT}:${key}`, ...rest]) {
    const found = stepInto(document, node, step);
    if (!found) break;
    [offset, node] = [found.offset, found.value];
  }
  return offset;
}

function stepInto(
  document: Document,
  node: unknown,
  step: string | number,
): { offset: number; value: unknown } | undefined {
  const inner = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(inner) && typeof step === "number") {
    const value: unknown = inner.items[step];
    return isNode(value) ? { offset: startOf(value), value } : undefined;
  }
  if (!isMap(inner)) return undefined;
  const pair = inner.items.find(({ key }) => isNode(key) && key.toString() === String(step));
  return isPair(pair) && isNode(pair.key) ? { offset: startOf(pair.key), value: pair.value } : undefined;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
