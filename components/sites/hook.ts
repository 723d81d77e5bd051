import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Mount } from "../container";
import type { Gateway } from "../gateway/gateway";
import type { Host } from "../host";
import type { Folder, Volume } from "../volume";

const FOLDER = "hook";
const LENGTH = 40;

/** Where a call of the hook lands in nginx and goes on to the puller: a line in a file that both see. */
export const hookFolder: Folder = { name: FOLDER };

export function hookMount(volume: Volume): Mount {
  return volume.mount(FOLDER, "/srv/hook", "rw");
}

/** A secret address of a site's own that has it pulled at once. */
export interface Hook {
  /** The address. A secret. */
  readonly address: pulumi.Output<string>;
  /** What the site's nginx knows of it. No secret: nobody finds the address by it. */
  readonly hash: pulumi.Output<string>;
}

export function createHook(
  site: string,
  args: { readonly host: Host; readonly gateway: Gateway; readonly domains: readonly string[] },
  parent: pulumi.Resource,
): Hook {
  const { host, gateway, domains } = args;
  const { result } = new random.RandomPassword(
    `${host.scoped(site)}-hook`,
    { length: LENGTH, special: false },
    { parent },
  );
  const at = gateway.url(domains[0] ?? site, "https");
  return {
    address: pulumi.secret(pulumi.interpolate`${at}/.varvol/pull/${result}`),
    hash: pulumi.unsecret(result.apply(hashOf)),
  };
}

/** As nginx's secure_link compares it. */
export function hashOf(word: string): string {
  return crypto.createHash("md5").update(word).digest("base64url");
}

/** What a site's nginx needs for a hook: in its http block, and in its server's before all other locations. */
export function hookConf(hash: string | undefined): { readonly http: string; readonly server: string } {
  if (hash === undefined) return { http: "", server: "" };
  return {
    http: `    limit_req_zone $server_port zone=hook:32k rate=30r/m;
    log_format asked "";
    map $status $hook_taken { default 0; 204 1; }
`,
    // The log is the message. What the call says is not read: the puller asks the repository itself.
    server: `        location ~ "^/\\.varvol/pull/(?<hook_word>[A-Za-z0-9]{${LENGTH}})$" {
            secure_link "${hash}";
            secure_link_md5 "$hook_word";
            if ($secure_link != 1) { return 404; }
            if ($request_method != POST) { return 405; }
            limit_req zone=hook burst=10 nodelay;
            limit_req_status 429;
            # Messages have the address in them.
            error_log stderr crit;
            client_max_body_size 32m;
            access_log /srv/hook/asked asked if=$hook_taken;
            try_files /.varvol/none =204;
        }
`,
  };
}
