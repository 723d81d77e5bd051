import { refuseUnknown } from "../../base/nearest";
import { handOverText } from "../../base/terminal";
import type { StackChoice } from "../../engine/stack";
import { pageOf, titleOf, topics } from "../topics";

/** Shows a page of docs/, or says which there are. What a verb takes that no page is called as is there, too: `varvol help up`. */
export async function run(_options: StackChoice, [topic]: readonly string[] = []): Promise<void> {
  const known = topics();
  if (topic === undefined) {
    const width = Math.max(...known.map(({ length }) => length));
    const list = known.map((one) => `  ${one.padEnd(width)}  ${titleOf(one)}\n`);
    process.stdout.write(
      `Pages, each by \`varvol help <page>\`:\n\n${list.join("")}\nWhat a command takes: \`varvol <command> --help\`; all commands: \`varvol --help\`\n`,
    );
    return;
  }
  refuseUnknown([topic], known, "command, and no page");
  await handOverText(pageOf(topic));
}
