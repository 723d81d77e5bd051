import type { Readable } from "node:stream";
import { backup } from "./backup";
import { certificateFiles, certificatesBack } from "./certificates/archive";
import { certificates, renew } from "./certificates/renew";
import { drill } from "./drill";
import { ask, due } from "./due";
import { event } from "./event";
import { list } from "./listing";
import { loadForeign } from "./load";
import type { Request } from "./protocol";
import { notify, notifyTest } from "./notify/jobs";
import { rename } from "./rename";
import { replace } from "./replace";
import { repository } from "./repository";
import { resume } from "./resume";
import { databases, fill, restore, restorePaths } from "./restore";
import { cat, expired, forget, keep, snapshots } from "./snapshots";
import { sync } from "./sync";
import { unpack } from "./unpack";

/** Does what is asked. */
export function job(request: Request, rest: Readable): Promise<void> {
  switch (request.job) {
    case "backup":
      return backup(request);
    case "restore":
      return restore(request);
    case "restore-paths":
      return restorePaths(request);
    case "list":
      return list(request);
    case "rename":
      return rename(request);
    case "replace":
      return replace(request);
    case "sync":
      return sync(request);
    case "fill":
      return fill(request);
    case "databases":
      return databases(request);
    case "drill":
      return drill(request);
    case "snapshots":
      return snapshots();
    case "keep":
      return keep(request, rest);
    case "cat":
      return cat(request);
    case "expired":
      return expired(request);
    case "forget":
      return forget(request);
    case "repository":
      return repository(request);
    case "ask":
      return Promise.resolve(ask());
    case "due":
      return due();
    case "resume":
      return resume();
    case "notify":
      return notify(request);
    case "notify-test":
      return notifyTest();
    case "certificates":
      return Promise.resolve(certificates(request));
    case "renew":
      return renew(request);
    case "certificate-files":
      return Promise.resolve(certificateFiles());
    case "certificates-back":
      return Promise.resolve(certificatesBack(request));
    case "event":
      return event(request);
    case "load":
      return loadForeign(request);
    case "unpack":
      return unpack(request);
  }
}
