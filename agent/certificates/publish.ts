import * as path from "node:path";
import { containersOf } from "../containers";
import { Failure } from "../failure";
import { bin, read, root } from "../place";
import { output } from "../process";
import type { Certificates } from "../protocol";
import { filesOf } from "./plan";

/** Sites whose certificate the gateway does not serve yet. */
export function unpublished({ sites }: Certificates): string[] {
  const current = path.join(root, "gateway", "conf", "current", "tls");
  return sites
    .map(({ name }) => name)
    .filter((name) => {
      const chain = read(filesOf(name).chain);
      // A site that is no route yet gets its own with the `up` that makes it one.
      const served = read(path.join(current, `${name}.pem`));
      return chain !== undefined && served !== undefined && served !== chain;
    });
}

/** Has the gateway serve them, all by one graceful reload of the configuration that it has. */
export async function publish({ stack }: Certificates): Promise<void> {
  const [gateway] = (await containersOf({ stack }, "gateway", "gateway")).filter(
    ({ State }) => State.Running,
  );
  if (!gateway) throw new Failure("the gateway does not run");
  await output([path.join(bin, "routes"), "again", gateway.Id]);
}
