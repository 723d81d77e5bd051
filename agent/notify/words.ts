import type { Told } from "../protocol";

/** What is said of a thing that broke, and that it is well again. */
const WORDS: Readonly<Record<Told["what"], readonly [string, string]>> = {
  site: ["is down", "answers again"],
  slow: ["is slow", "is as fast as it should be again"],
  certificate: ["can't have its certificate", "has its certificate"],
  git: ["can't be pulled", "is pulled again"],
  backup: ["could not be backed up", "is backed up again"],
  drill: ["could not be restored in a drill", "can be restored again"],
  forget: ["keeps snapshots that should have gone", "has what it should keep"],
  disk: ["has little room left", "has room again"],
  memory: ["ran out of memory", "has had enough memory for an hour"],
  test: ["this is a test", "this is a test"],
};

export interface Message {
  readonly title: string;
  readonly body: string;
  readonly type: "failure" | "success";
}

/** A message of all that is to be told to one; `local` says a moment in the host's own time. */
export function messageOf(all: readonly Told[], local: (moment: string) => string): Message {
  const [first] = all;
  const type = all.some(({ error }) => error !== "") ? "failure" : "success";
  const title =
    all.length === 1 && first ? `${first.host}: ${headline(first)}` : `${first?.host}: ${all.length} things`;
  const body = all
    .map((told) => `${headline(told)}${told.error && `: ${told.error}`}\nsince ${local(told.time)}`)
    .join("\n\n");
  return { title, body, type };
}

/** What is the matter with something, in a few words. */
export function headline({ name, what, error }: Pick<Told, "name" | "what" | "error">): string {
  return `${name} ${WORDS[what][error === "" ? 1 : 0]}`;
}

/** Shorter ones are words of messages, too. */
const SHORTEST = 4;

/** A program's words without what an address is made of, but for what may be shown of it: a password may be any part. */
export function withoutAddress(text: string, address: string, shown: readonly string[] = []): string {
  const rest = address.slice(address.indexOf("://") + 3);
  const parts = [rest, ...rest.split(/[/:@?&=,]+/)].flatMap((part) => [part, decoded(part)]);
  return [address, ...parts.filter((part) => part.length >= SHORTEST)]
    .filter((part) => !shown.includes(part))
    .sort((one, other) => other.length - one.length)
    .reduce((said, part) => said.replaceAll(part, "…"), text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
