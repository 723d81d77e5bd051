import { PassThrough, type Readable } from "node:stream";
import { Failure } from "./failure";
import { type Request, requestSchema } from "./protocol";

/**
 * The request, which is the input's first line, and as many bytes after it as it says. When the input ends, whoever
 * asked is gone.
 */
export function readRequest(
  input: Readable,
  gone: () => void,
): Promise<{ request: Request; rest: Readable }> {
  const rest = new PassThrough();
  let head = Buffer.alloc(0);
  let left: number | undefined;
  const feed = (data: Buffer): void => {
    if (left === undefined || left <= 0) return;
    const piece = data.subarray(0, left);
    left -= piece.length;
    rest.write(piece);
    if (left === 0) rest.end();
  };
  return new Promise((resolve, reject) => {
    input.on("data", (data: Buffer) => {
      if (left !== undefined) return feed(data);
      head = Buffer.concat([head, data]);
      const end = head.indexOf(10);
      if (end < 0) return;
      try {
        const request = parseRequest(head.subarray(0, end).toString());
        left = request.job === "keep" ? request.bytes : 0;
        feed(head.subarray(end + 1));
        resolve({ request, rest });
      } catch (error) {
        reject(error as Error);
      }
    });
    input.on("error", gone);
    input.on("end", () => {
      if (left === undefined) reject(new Failure("the agent was asked nothing"));
      rest.end();
      gone();
    });
  });
}

/** A request, as the protocol has it. Throws a Failure that says what is wrong with it, and no value of it. */
export function parseRequest(text: string): Request {
  const parsed = requestSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure(`the agent does not understand ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}
