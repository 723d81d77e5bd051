import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** A line of the engine's plain output about one resource. */
export interface Change {
  readonly text: string;
  /** What it is about: kind and name. */
  readonly subject: string;
  readonly done: boolean;
  /** Whether a person wants to see it: containers, images and what failed. */
  readonly notable: boolean;
}

const LINE =
  /^ *[+~\-<>=]{1,3} +([\w-]+:[\w/-]+:[\w-]+) (\S+) (created|updated|deleted|replaced|creating|updating|deleting)( replacement)?( original)?/;

/** What a line of `pulumi up --non-interactive` says of a resource; undefined for every other line. */
export function changeOf(line: string): Change | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, type = "", name = "", verb = "", replacement = "", original = ""] = match;
  if (type.startsWith("varvol:") || type.startsWith("pulumi:")) return undefined;
  const kind = type.split(":").pop()?.toLowerCase() ?? "";
  const subject = `${kind} ${name}`;
  return {
    text: `${verb}${replacement}${original} ${subject}`,
    subject,
    done: verb.endsWith("ed"),
    notable: ["container", "remoteimage", "network"].includes(kind),
  };
}

/** What is being done: the oldest first, and how many beside it. */
export function inProgress(changes: Iterable<Change>): string {
  const [first, ...others] = changes;
  if (!first) return "";
  return others.length === 0 ? first.text : `${first.text} and ${others.length} more`;
}

/** The part of the engine's output that says what went wrong, without the stack's own echo of it. */
export function diagnosticsOf(output: string): string {
  const text = textOf(output);
  if (text === undefined) return output.trimEnd().split("\n").slice(-15).join("\n");
  const blocks = blocksOf(text);
  return dedupe((blocks.length > 0 ? blocks.join("\n") : text).trimEnd()).trim();
}

/** The names of the resources that failed; where the program did, that of its stack. */
export function failedResources(output: string): string[] {
  const failed = blocksOf(textOf(output) ?? "").filter((block) => /^ {4}error: /m.test(block));
  return [...new Set(failed.map((block) => /^ {2}\S+ \((\S+)\):/.exec(block)?.[1] ?? ""))];
}

function textOf(output: string): string | undefined {
  const lines = output.split("\n");
  const start = lines.findIndex((line) => line.startsWith("Diagnostics:"));
  if (start < 0) return undefined;
  const length = lines
    .slice(start + 1)
    .findIndex((line) => /^(Outputs|Resources|Duration|Policies):/.test(line));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** A resource's diagnostics each. */
function blocksOf(text: string): string[] {
  return text
    .split(/\n(?= {2}\S)/)
    .filter((block) => block.trim() && !/error: (update|destroy) failed\s*$/.test(block));
}

// A provider's error comes twice: as its log line and as the step's own.
function dedupe(text: string): string {
  const seen = new Set<string>();
  return text
    .split("\n")
    .filter((line) => {
      const key = line.trim();
      if (key.length < 20) return true;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .join("\n");
}

/** A new file for everything that the engine prints. */
export function appendLog(folder: string): string {
  const logs = join(folder, "log");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  return join(logs, `${new Date().toISOString().replaceAll(":", "-").slice(0, 23)}.log`);
}
