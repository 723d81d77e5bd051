import { type Facts, factsSchema } from "../../agent/page/facts";
import { journalSchema, type Journal } from "../../agent/protocol";

/** A container as the host tells it. */
export interface Found {
  readonly owner: string;
  readonly role: string;
  readonly name: string;
  /** Docker's word. */
  readonly state: string;
  readonly exitCode: number;
  /** Whether the kernel has ended it for memory, now or the last time. */
  readonly outOfMemory: boolean;
  /** How often docker has started it again by itself. */
  readonly restarts: number;
  readonly started: string;
  readonly finished: string;
  /** The word of a check of docker's own, where it has one. */
  readonly health: string;
  /** Its processes that the kernel has ended for memory since it was started. */
  readonly killed: number;
  /** What its image's own check said; undefined where it was not asked. */
  readonly check?: { readonly code: number; readonly text: string };
}

/** How a page was answered. */
export interface Page {
  /** Where it was found, after redirects. */
  readonly path: string;
  /** Of HTTP; 000 where there was no answer. */
  readonly code: string;
  /** How curl ended. */
  readonly exit: number;
  /** Whether there is anything to see on it. */
  readonly seen: boolean;
  /** When the certificate ends. */
  readonly until: string;
  /** PHP's own words of an error on it. */
  readonly error: string;
  /** Where it leads, which was not followed any further; empty where it leads nowhere. */
  readonly leadsTo: string;
  /** Whether it asks for a password. */
  readonly form: boolean;
}

export interface Disk {
  /** What lies on it: volumes or docker. */
  readonly what: string;
  readonly mount: string;
  /** In KiB. */
  readonly size: number;
  readonly free: number;
  readonly files: number;
  readonly freeFiles: number;
}

/** What a host answers to `askStatus`. */
export class Answers {
  private readonly lines: readonly (readonly string[])[];

  constructor(text: string) {
    this.lines = text.split("\n").map((line) => line.split("\t"));
  }

  /** By the host's own clock. */
  get now(): Date {
    return new Date(Number(this.all("now")[0]?.[0] ?? 0) * 1000);
  }

  /** Why docker can't be asked. */
  get dockerProblem(): string | undefined {
    return this.all("docker")[0]?.[0];
  }

  /** What containers may reach that they should not, in sentences. */
  get open(): string[] {
    return this.all("open").flatMap(([text]) => (text ? [text] : []));
  }

  /** That nobody could be told of the last failure, and when. */
  get hook(): { readonly time: string; readonly text: string } | undefined {
    const found = this.all("hook")[0];
    return found && { time: found[0] ?? "", text: found[1] ?? "" };
  }

  /** What the status page says; undefined where there is none. */
  get watched(): Facts | undefined {
    const text = this.all("watched")[0]?.[0];
    const read = text === undefined ? undefined : factsSchema.safeParse(JSON.parse(text));
    return read?.data;
  }

  /** When each site and module was stopped that was so on purpose, in seconds since 1970. */
  get off(): ReadonlyMap<string, number> {
    return new Map(this.all("off").map(([owner = "", seconds]) => [owner, Number(seconds)]));
  }

  get containers(): Found[] {
    const checks = new Map(this.all("check").map(([name = "", code, text = ""]) => [name, { code, text }]));
    return this.all("container").map((line): Found => {
      const [owner = "", role = "", name = "", state = "", exitCode, oom, restarts, ...rest] = line;
      const [started = "", finished = "", health = "", killed] = rest;
      const check = checks.get(name);
      return {
        ...{ owner, role, name, state, started, finished, health },
        exitCode: Number(exitCode),
        outOfMemory: oom === "true",
        restarts: Number(restarts),
        killed: Number(killed ?? 0),
        ...(check && { check: { code: Number(check.code), text: check.text } }),
      };
    });
  }

  get disks(): Disk[] {
    return this.all("disk").flatMap(([what = "", mount, ...numbers]) => {
      const [size = 0, free = 0, files = 0, freeFiles = 0] = numbers.map((one) => Number(one) || 0);
      return mount ? [{ what, mount, size, free, files, freeFiles }] : [];
    });
  }

  /** What the agent says of the room that a site takes. */
  room(site: string): { readonly stopped: boolean; readonly why: string } | undefined {
    const found = this.of("room", site);
    return found && { stopped: found[3] !== "free", why: found[4] ?? "" };
  }

  page(what: "page" | "further", site: string): Page | undefined {
    const found = this.of(what, site);
    if (!found) return undefined;
    const [path = "", code = "000", exit, leadsTo = "", seen, until = "", error = "", form] = found;
    return {
      ...{ path, code, exit: Number(exit), until, error, leadsTo },
      seen: seen === "1",
      form: form === "1",
    };
  }

  /** What a site's database answered its user: ok and a number, or error and a reason. */
  database(site: string): string | undefined {
    return this.of("database", site)?.[0];
  }

  /** How the php-fpm of a site is that is there on demand: asleep, waking, awake, or failed and why. */
  sleep(site: string): string | undefined {
    return this.of("sleep", site)?.[0];
  }

  /** What a file of a role of a site says. */
  file(role: string, site: string): string | undefined {
    return this.of(role, site)?.[0];
  }

  /** What waits to be delivered; undefined where that can't be asked. Moments in seconds. */
  get queue(): { readonly count: number; readonly oldest: number; readonly reason: string } | undefined {
    const [, count, oldest, reason = ""] = this.all("mail").find(([what]) => what === "queue") ?? [];
    return count === undefined ? undefined : { count: Number(count), oldest: Number(oldest), reason };
  }

  /** The last mail that will not be delivered. */
  get undelivered(): { readonly at: number; readonly text: string } | undefined {
    const [, at, text = ""] = this.all("mail").find(([what]) => what === "failed") ?? [];
    return at === undefined ? undefined : { at: Number(at), text };
  }

  /** What came of the tries for a site's certificate from a public authority. */
  certificate(site: string): Journal | undefined {
    const text = this.of("certificate", site)?.[0];
    return text === undefined ? undefined : journalSchema.parse(JSON.parse(text));
  }

  private all(what: string): (readonly string[])[] {
    return this.lines.filter(([key]) => key === what).map(([, ...rest]) => rest);
  }

  private of(what: string, site: string): readonly string[] | undefined {
    return this.all(what)
      .find(([owner]) => owner === site)
      ?.slice(1);
  }
}
