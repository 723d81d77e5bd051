import { colors } from "../../base/output";
import type { Plan, PlannedContainer, Verdict } from "../../flows/plan/schema";
import { besides, folderInWords, interruptionLine, isEmpty, summaryInWords } from "./words";

const SIGNS = {
  keep: colors.dim("~"),
  create: colors.green("+"),
  replace: colors.yellow("±"),
  delete: colors.red("-"),
} as const;

const VERBS = { keep: "kept", create: "created", replace: "replaced", delete: "deleted" } as const;

/** The plan for a terminal. */
export function planText(plan: Plan): string {
  const shown = plan.containers.filter(({ action, why }) => action !== "keep" || why.length > 0);
  const kept = plan.containers.filter((one) => !shown.includes(one)).map(({ name }) => name);
  const beside = besides(plan);
  const parts = [
    isEmpty(plan) ? `${plan.stack}: nothing changes.` : `${colors.bold(plan.stack)}: ${summaryInWords(plan)}`,
    ...shown.map(containerText),
    ...(beside.length > 0 ? [`Beside containers:\n${beside.map((line) => `  ${line}`).join("\n")}`] : []),
    ...(kept.length > 0 ? [wrap(`Kept: ${kept.join(", ")}`)] : []),
    ...(plan.policies.verdicts.length > 0
      ? [`Policies:\n${plan.policies.verdicts.map(verdictText).join("\n")}`]
      : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

function containerText(one: PlannedContainer): string {
  const { action, name, changes, rollback } = one;
  const lines = [
    ...one.why,
    ...(action === "create" ? [] : [`interrupts ${interruptionLine(one)}`]),
    ...(one.data.length > 0 ? [`data ${one.data.map(folderInWords).join(", ")}`] : []),
    ...(rollback ? [`rollback: ${rollback.possible ? "" : "none, "}${rollback.how}`] : []),
    ...changes.flatMap(({ diff }) => (diff === undefined ? [] : diff.split("\n").map(diffLine))),
  ];
  return [
    `${SIGNS[action]} ${colors.bold(name)} is ${VERBS[action]}`,
    ...lines.map((line) => `    ${line}`),
  ].join("\n");
}

function diffLine(line: string): string {
  const shown = `  ${line}`;
  if (line.startsWith("+")) return colors.green(shown);
  return line.startsWith("-") ? colors.red(shown) : colors.dim(shown);
}

function verdictText({ policy, level, subject, message }: Verdict): string {
  const mark = level === "error" ? colors.red("error") : colors.yellow("warning");
  return `  ${mark} ${policy}: ${subject}: ${message}`;
}

function wrap(text: string, width = 100): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && `${lines[last]} ${word}`.length <= width) lines[last] += ` ${word}`;
    else lines.push(last < 0 ? word : `  ${word}`);
  }
  return lines.join("\n");
}
