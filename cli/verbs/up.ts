import type { UpOptions } from "../../flows/up/up";
import type { OptionsOf } from "../options";
import { upAndPrint } from "../up";

export const options: OptionsOf<UpOptions> = {
  replace: ["--replace <name...>", "new containers for a site or module, e.g. blog, blog/php, mysql"],
  start: ["--start [name...]", "start what was stopped on purpose again: all of it, or those named"],
  repair: ["--repair", "also replace what was changed by hand (see: varvol drift)"],
};

/** Brings the host to what its stack file says. */
export async function run(options: UpOptions): Promise<void> {
  await upAndPrint(options);
}
