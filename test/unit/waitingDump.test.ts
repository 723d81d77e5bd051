import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { WaitingDump } from "../../agent/waitingDump";

const MUCH = "read -r _; yes | head -c 50000000";

describe("a dump", () => {
  const start = () => new WaitingDump(spawn("sh", ["-c", MUCH], { stdio: ["pipe", "pipe", "pipe"] }));

  it("ends when whoever takes it goes", async () => {
    const [dump, into] = [start(), new PassThrough()];
    dump.pipeTo(into);
    dump.go();
    setTimeout(() => into.destroy(), 200);
    await assert.rejects(dump.ended);
  });

  it("ends where whoever was to take it has gone before", async () => {
    const [dump, into] = [start(), new PassThrough()];
    into.destroy();
    await new Promise((resolve) => into.once("close", resolve));
    dump.pipeTo(into);
    dump.go();
    await assert.rejects(dump.ended);
  });
});
