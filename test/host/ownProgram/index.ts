// What someone writes who wants a snapshot, and a proof that it restores, at each of his own changes.
import * as pulumi from "@pulumi/pulumi";
import { Backup, Drill, Host } from "../../../components";

const config = new pulumi.Config();
const host = new Host("host", {
  volumeRoot: config.require("volumeRoot"),
  lock: { sets: {}, sites: {}, pins: {} },
});
const site = { host, site: "hello", kind: "static", domain: "hello.localhost" };
const backup = new Backup("hello", { ...site, trigger: config.require("trigger") }, { dependsOn: host });
// The trigger is known once the snapshot is there.
const drill = new Drill(
  "hello",
  { ...site, trigger: backup.run, snapshot: config.get("snapshot") },
  { dependsOn: backup },
);

export const { run, text } = drill;
