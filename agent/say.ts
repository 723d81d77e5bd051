import { type Message, messageSchema } from "./protocol";

/** Says something to whoever asked. Throws where it is not what the protocol has. */
export function say(message: Message): void {
  process.stdout.write(`${JSON.stringify(messageSchema.parse(message))}\n`);
}

export function step(text: string): void {
  say({ type: "step", text });
}
