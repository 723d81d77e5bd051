import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { baseImage } from "../../machine/setup/base-image";
import type { TestHost } from "./testHost";

/** A PHP application as Debian packages it, in a folder of the host's: one script, and many that are not for visitors. */
export async function fetchAdminer(folder: string): Promise<string> {
  fs.mkdirSync(folder, { recursive: true });
  const script = `apt-get -qq update && cd /tmp && apt-get -qq download adminer &&
    dpkg-deb --extract adminer_*.deb /tmp/package && cp -R /tmp/package/usr/share/adminer /to/ && chown -R ${process.getuid?.() ?? 0} /to/adminer`;
  await capture([
    ...["docker", "run", "--rm", "-v", `${folder}:/to`],
    ...[baseImage, "sh", "-c", `{ ${script}; } > /dev/null 2>&1`],
  ]);
  return path.join(folder, "adminer");
}

/** Someone who uses the application by its forms, as a browser does. */
export class AdminerUser {
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly host: TestHost,
    private readonly site: string,
  ) {}

  /** Logs in to the site's own database; gives the page behind. */
  async logIn(password: string): Promise<string> {
    const login = { driver: "server", server: "mysql", username: this.site, password, db: this.site };
    const form = new URLSearchParams(Object.entries(login).map(([key, value]) => [`auth[${key}]`, value]));
    await this.page("/");
    await this.send("/", "POST", form.toString());
    return this.page(this.database);
  }

  /** The page that lists the tables of the site's database. */
  get database(): string {
    return `/?server=mysql&username=${this.site}&db=${this.site}`;
  }

  async page(target: string): Promise<string> {
    return this.send(target, "GET");
  }

  private async send(target: string, method: string, body?: string): Promise<string> {
    const cookie = [...this.cookies].map(([key, value]) => `${key}=${value}`).join("; ");
    const type = "application/x-www-form-urlencoded";
    const answer = await this.host.get(`${this.site}.localhost`, target, {
      ...{ method, body },
      headers: { cookie, ...(body !== undefined && { "content-type": type }) },
    });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(key, value);
    }
    return answer.body;
  }
}
