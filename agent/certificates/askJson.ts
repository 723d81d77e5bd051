import * as https from "node:https";
import { text as textOf } from "node:stream/consumers";
import { Failure } from "../failure";

const PATIENCE = 15_000;
/** An authority sees no crowd, however many sites there are. */
const agent = new https.Agent({ maxSockets: 4 });

/** What an address of the authority's answers; `ca` proves it where no browser knows it. Throws a Failure where nothing is had. */
export async function askJson(url: string, ca?: string): Promise<unknown> {
  try {
    return JSON.parse(await get(url, ca));
  } catch (error) {
    throw new Failure(`the authority ${url} can't be asked: ${(error as Error).message}`);
  }
}

function get(url: string, ca: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ca, agent, timeout: PATIENCE }, (answer) => {
      if (answer.statusCode === 200) return resolve(textOf(answer));
      reject(new Error(`it answers ${answer.statusCode}`));
      answer.resume();
    });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    request.once("error", reject);
  });
}
