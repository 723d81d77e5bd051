// What someone writes who wants a snapshot, and a proof that it restores, at each of his own changes.
import * as pulumi from "@pulumi/pulumi";
import { Backup, Drill, Host } from "../../../components";

const config = new pulumi.Config();
const host = new Host("host", {
  volumeRoot: config.require("volumeRoot"),
  lock: { sets: {}, sites: {}, pins: {} },
});
const subject = { name: "hello", kind: "static", folders: ["site"], database: false };
const backup = new Backup(
  "hello",
  { host, subject, trigger: config.require("trigger") },
  { dependsOn: host },
);
// The trigger is known once the snapshot is there.
const drill = new Drill(
  "hello",
  {
    ...{ host, site: { ...subject, domain: "hello.localhost" } },
    ...{ trigger: backup.run, snapshot: config.get("snapshot") },
  },
  { dependsOn: backup },
);

export const { run, text } = drill;
