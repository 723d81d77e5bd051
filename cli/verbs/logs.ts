import { UserError } from "../../base/errors";
import { refuseUnknown } from "../../base/nearest";
import { colors } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type LogLine, readLogs } from "../../flows/daily/logs";
import { MODULE_NAMES } from "../../stacks/modules";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: string;
  readonly errors?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  follow: ["-f, --follow", "go on with what is written from now on, until Ctrl-C"],
  since: ["--since <moment>", "from then on: 10m, 2h, or 2026-11-30T10:00:00 (default: all that is kept)"],
  tail: ["--tail <lines>", "only so many of the last lines of each container"],
  errors: ["--errors", "errors alone: of PHP, nginx and MySQL, and answers of 500 and above"],
  json: ["--json", "print JSON, a line each"],
};

/** Prints what the containers wrote. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const known = [...config.sites.map(({ name }) => name), ...MODULE_NAMES];
  refuseUnknown(names, known, `site or module of ${config.stack}`);
  const { follow, since, errors } = options;
  const tail = options.tail === undefined ? undefined : Number(options.tail);
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0))
    throw new UserError(`--tail: ${options.tail} is no number of lines`);
  const print = (line: LogLine) =>
    process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : `${text(line)}\n`);
  const problems = await readLogs(config, { owners: names, since, tail, follow, errors }, print);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

function text({ time, owner, role, text: said }: LogLine): string {
  return `${time.slice(0, 23)}Z ${colors.dim(`${owner}/${role}`)} ${said}`;
}
