import * as http from "node:http";
import { capture } from "../../base/exec";

/** How many answers had which status. */
export type Counts = Readonly<Record<number, number>>;

/**
 * Asks for a page from many connections for so many seconds, as fast as it comes. Visitors are no part of the host: the process
 * runs only while nothing else wants a processor, which being nice would not do.
 */
export async function flood(
  at: { readonly address: string; readonly port: number },
  domain: string,
  path: string,
  seconds: number,
  connections = 40,
): Promise<Counts> {
  const words = [
    "--require",
    "tsx/cjs",
    __filename,
    ...[at.address, at.port, domain, path, seconds, connections].map(String),
  ];
  return JSON.parse(await capture(["chrt", "-i", "0", process.execPath, ...words])) as Counts;
}

function ask(
  agent: http.Agent,
  address: string,
  port: number,
  domain: string,
  path: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get({ agent, host: address, port, path, headers: { host: domain } }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
        answer.on("error", reject);
      })
      .on("error", reject);
  });
}

async function main([address, port, domain, path, seconds, connections]: readonly string[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
  const counts: Record<number, number> = {};
  const end = Date.now() + Number(seconds) * 1000;
  await Promise.all(
    Array.from({ length: Number(connections) }, async () => {
      while (Date.now() < end) {
        const status = await ask(agent, address ?? "", Number(port), domain ?? "", path ?? "/");
        counts[status] = (counts[status] ?? 0) + 1;
      }
    }),
  );
  agent.destroy();
  process.stdout.write(JSON.stringify(counts));
}

if (process.argv[1] === __filename) void main(process.argv.slice(2));
