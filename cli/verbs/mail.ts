import { UserError } from "../../base/errors";
import { colors, json, step, table } from "../../base/output";
import { openStack, type Stack } from "../../engine/stack";
import { mailOf, queueOf, recordsOf, retry, sendTest } from "../../flows/mail/mail";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly site?: string;
  readonly retry?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  site: ["--site <name>", "test: the site that sends (default: the first that may)"],
  retry: ["--retry", "queue: have all of it tried now"],
  json: texts.json,
};

/** Prints what the DNS must say of the host's mail; sends a mail as a site does; or lists what waits. */
export async function run(options: Options, [what, address = ""]: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  mailOf(stack.config);
  if (what === undefined) return printRecords(stack, options);
  if (what === "test") return test(stack, address, options);
  if (what === "queue") return printQueue(stack, options);
  throw new UserError(`${what} is nothing that mail can do.`, "npx varvol mail [test <address> | queue]");
}

async function printRecords(stack: Stack, options: Options): Promise<void> {
  const records = await recordsOf(stack);
  if (options.json) return json(records);
  process.stdout.write(
    "The zones of these domains need, beside an SPF record of whoever delivers (docs/mail.md):\n\n",
  );
  for (const { name, type, value } of records) process.stdout.write(`${name}. ${type} "${value}"\n`);
}

async function test({ config }: Stack, address: string, options: Options): Promise<void> {
  const { senders } = mailOf(config);
  const site = options.site ?? senders[0]?.site;
  if (site === undefined || !senders.some((one) => one.site === site))
    throw new UserError(
      `${site ?? "No site"} can't send mail: that is for sites with php.`,
      `There are: ${senders.map((one) => one.site).join(", ") || "none"}`,
    );
  const tested = await step(`A mail from ${site}`, () => sendTest(config, site, address));
  const { result, said } = tested;
  if (options.json) json(tested);
  else
    process.stdout.write(
      `${result === "sent" ? colors.green(WORDS.sent) : colors.red(WORDS[result])}: ${said}\n`,
    );
  if (result !== "sent") process.exitCode = 1;
}

const WORDS = {
  sent: "The next server has taken it",
  waits: "It waits, and is tried again",
  failed: "It will not be delivered",
  refused: "It was not sent",
};

async function printQueue({ config }: Stack, options: Options): Promise<void> {
  if (options.retry) await retry(config);
  const waiting = await queueOf(config);
  if (options.json) return json(waiting);
  if (waiting.length === 0) process.stdout.write("No mail waits.\n");
  else
    process.stdout.write(
      `${table(
        ["Since (UTC)", "From", "To", "Why it waits"],
        waiting.map(({ since, from, to, reason }) => [
          ...[since.slice(0, 19).replace("T", " "), from, to.join("\n")],
          reason ?? "it is being delivered",
        ]),
      )}\n`,
    );
}
