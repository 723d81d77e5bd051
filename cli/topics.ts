import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "..", "docs");

/** An example that another page shows. */
const PART = "plan-comment.md";

/** The pages of docs/, by name. */
export function topics(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".md") && file !== PART)
    .map((file) => file.slice(0, -".md".length));
}

export function pageOf(topic: string): string {
  return readFileSync(join(FOLDER, `${topic}.md`), "utf8");
}

/** A page's first heading. */
export function titleOf(topic: string): string {
  return /^# (.*)$/m.exec(pageOf(topic))?.[1] ?? topic;
}
