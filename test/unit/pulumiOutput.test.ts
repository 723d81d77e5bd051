import assert from "node:assert/strict";
import { type Change, changeOf, failedResources, inProgress } from "../../engine/pulumiOutput";

const changes = (...lines: string[]) => lines.map(changeOf).filter((one): one is Change => one !== undefined);

describe("the engine's output", () => {
  it("tells what is done and what is being done, without components", () => {
    const [creating, created, replaced] = changes(
      " +  varvol:index:Web hello-web creating (0s) ",
      " +  docker:index:RemoteImage image-web creating (0s) ",
      " +  docker:index:RemoteImage image-web created (12s) ",
      " ++ docker:index:Container hello-web created replacement (1s) ",
    );
    assert.deepEqual(creating, {
      text: "creating remoteimage image-web",
      subject: "remoteimage image-web",
      done: false,
      notable: true,
    });
    assert.equal(created?.subject, creating?.subject);
    assert.ok(created?.done);
    assert.equal(replaced?.text, "created replacement container hello-web");
  });

  it("names the oldest of what is being done, and how much there is beside it", () => {
    const doing = changes(
      " +  docker:index:RemoteImage image-web creating (0s) ",
      " +  docker:index:RemoteImage image-git creating (0s) ",
    );
    assert.equal(inProgress(doing), "creating remoteimage image-web and 1 more");
    assert.equal(inProgress(doing.slice(1)), "creating remoteimage image-git");
    assert.equal(inProgress([]), "");
  });

  it("names what failed, whatever its own words look like", () => {
    const said = (...blocks: string[]) =>
      `Updating (x):\nDiagnostics:\n${blocks.join("\n")}\nResources:\n    2 errored\n`;
    const stack = "  pulumi:pulumi:Stack (varvol-x):\n    error: update failed\n";
    const gate =
      "  command:local:Command (one-php-gate):\n    error: exit status 1: gate one\n    one-php has stopped\n";
    const forged = "      |   command:local:Command (two-php-gate):\n      |     error: exit status 1\n";
    const warning = "  docker:index:Container (two-web):\n    warning: the disk is slow\n";
    assert.deepEqual(failedResources(said(stack, gate + forged, warning)), ["one-php-gate"]);
    assert.deepEqual(failedResources(said(gate, gate, stack)), ["one-php-gate"]);
    const program =
      "  pulumi:pulumi:Stack (varvol-x):\n    error: Running program failed with an unhandled exception:\n";
    assert.deepEqual(failedResources(said(gate, program)), ["one-php-gate", "varvol-x"]);
    assert.deepEqual(failedResources("error: the stack is locked"), []);
  });
});
