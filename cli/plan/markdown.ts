import type { Plan, PlannedContainer } from "../../flows/plan/schema";
import { besides, folderInWords, interruptionLine, isEmpty, summaryInWords } from "./words";

/** The line by which a pull request's comment of a stack is found again. */
export function marker(stack: string): string {
  return `<!-- varvol plan ${stack} -->`;
}

const MARKS = { keep: "keep", create: "**create**", replace: "**replace**", delete: "**delete**" } as const;

/** The plan for a pull request. */
export function planMarkdown(plan: Plan): string {
  const shown = plan.containers.filter(({ action, why }) => action !== "keep" || why.length > 0);
  const kept = plan.containers.filter((one) => !shown.includes(one)).map(({ name }) => name);
  const beside = besides(plan);
  const diffs = shown.flatMap(({ name, changes }) =>
    changes.flatMap(({ key, diff }) => (diff === undefined ? [] : [diffBlock(`${name}: ${key}`, diff)])),
  );
  const parts = [
    marker(plan.stack),
    `### Plan for \`${plan.stack}\`: ${isEmpty(plan) ? "nothing changes" : summaryInWords(plan)}`,
    ...policies(plan),
    ...(shown.length > 0 ? [table(shown)] : []),
    ...diffs,
    ...(beside.length > 0
      ? [`**Beside containers**\n\n${beside.map((line) => `- ${escape(line)}`).join("\n")}`]
      : []),
    ...(kept.length > 0 ? [`**Kept:** ${kept.map((name) => `\`${name}\``).join(", ")}`] : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

function table(containers: readonly PlannedContainer[]): string {
  const rows = containers.map((one) => [
    `\`${one.name}\``,
    MARKS[one.action],
    one.why.map(escape).join("<br>"),
    escape(interruptionLine(one)),
    one.data.map((folder) => escape(folderInWords(folder)).replace(" ", "\u00a0")).join("<br>"),
    one.rollback ? escape(`${one.rollback.possible ? "yes" : "no"}: ${one.rollback.how}`) : "",
  ]);
  const head = ["Container", "", "Why", "Interrupts", "Data", "Rollback"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function diffBlock(title: string, diff: string): string {
  // A fence longer than any in the text, so that the text can't end it.
  const longest = Math.max(2, ...[...diff.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `<details><summary>${escape(title)}</summary>\n\n${fence}diff\n${diff}\n${fence}\n\n</details>`;
}

function policies({ policies: { verdicts, off } }: Plan): string[] {
  const lines = verdicts.map(
    ({ policy, level, subject, message }) =>
      `- **${level}** ${policy}: ${escape(subject)}: ${escape(message)}`,
  );
  if (!verdicts.some(({ level }) => level === "error")) lines.unshift("- no policy is broken");
  if (off.length > 0) lines.push(`- turned off: ${off.map((name) => `\`${name}\``).join(", ")}`);
  return [`**Policies**\n\n${lines.join("\n")}`];
}

/** Text that comes from a stack file or an image, as Markdown that shows it and does nothing else. */
function escape(text: string): string {
  return text
    .replaceAll(" -> ", " → ")
    .replaceAll(/[\\`*_[\]<>|~#@]/g, (sign) =>
      sign === "@" ? "@\u200b" : sign === "<" ? "&lt;" : `\\${sign}`,
    )
    .replaceAll("\n", " ");
}
