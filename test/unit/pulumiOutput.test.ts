import assert from "node:assert/strict";
import { type Change, changeOf, inProgress } from "../../engine/pulumiOutput";

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
});
