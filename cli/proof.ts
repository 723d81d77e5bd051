import { colors, table } from "../base/output";
import type { Proof } from "../flows/import/proof";

/** Prints how a site has come that was imported: both sides beside each other, what was asked, what is wrong. */
export function printProof({ site, compared, asked, problems, notes }: Proof): void {
  const shown = (value: string | number | undefined) => (value === undefined ? "?" : String(value));
  const rows = [
    ...compared.map(({ what, before, after }) => [what, shown(before), shown(after)]),
    ...asked.map(({ what, path, code, problem }) => [
      `${what} ${path}`,
      "",
      problem === undefined ? colors.green(code) : colors.red(`${code}: ${problem}`),
    ]),
  ];
  process.stdout.write(`\n${table([site, "Before", "After"], rows)}\n`);
  for (const text of notes) process.stdout.write(`\n${colors.yellow(site)}: ${text}\n`);
  for (const text of problems) process.stdout.write(`\n${colors.red(site)}: ${text}\n`);
}
