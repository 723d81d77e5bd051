import type { Message } from "../../agent/protocol";
import type { Step } from "../../base/output";
import { bytes } from "../../base/words";

/** How far restic has come, in words; undefined for a message that doesn't tell of that. */
export function progressIn(message: Message): string | undefined {
  if (message.type !== "progress") return undefined;
  const { at, of } = message;
  return of === undefined ? `${bytes(at)} so far` : `${bytes(at)} of ${bytes(of)}`;
}

/** Shows in a step what a job says that fetches a snapshot: its parts, and how far restic has come. */
export function followFetch(step: Step): (message: Message) => void {
  return (message) => {
    const far = progressIn(message);
    if (far) step.detail(`fetched ${far}`);
    else if (message.type === "step") step.part(message.text);
  };
}
