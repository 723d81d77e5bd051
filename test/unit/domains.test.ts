import assert from "node:assert/strict";
import { withDomains } from "../../engine/domainsText";
import { domainsAfter, readAction, whatBecomes } from "../../flows/daily/domains";

const FLOW = `config:
  varvol:sites:
    # The shop
    - { name: shop,   kind: static, domains: [shop.org] } # small
    - name: blog # the blog
      kind: wordpress
      domains: [ blog.org, "*.blog.org" ] # two
`;

const LINES = `config:
  varvol:sites:
    - name: blog
      domains:
        - blog.org # since 2019
        - www.blog.org   # of the cards
      kind: static
`;

describe("a site's domains in a stack file", () => {
  it("are changed in their own place, and every other character stays", () => {
    const change = (text: string, site: string, ...domains: string[]) =>
      withDomains(text, "f", site, domains);
    assert.equal(
      change(FLOW, "shop", "shop.org", "www.shop.org"),
      FLOW.replace("[shop.org]", "[shop.org, www.shop.org]"),
    );
    assert.equal(
      change(FLOW, "blog", "new.org", "blog.org", "*.blog.org"),
      FLOW.replace("[ blog.org", "[ new.org, blog.org"),
    );
    assert.equal(
      change(LINES, "blog", "new.org", "blog.org", "www.blog.org"),
      LINES.replace("        - blog", "        - new.org\n        - blog"),
    );
    assert.equal(
      change(LINES, "blog", "www.blog.org"),
      LINES.replace("        - blog.org # since 2019\n", ""),
    );
    assert.equal(
      change(LINES, "blog", "www.blog.org", "blog.org", "*.blog.org"),
      LINES.replace(
        /domains:\n.*\n.*\n/,
        `domains:\n        - www.blog.org   # of the cards\n        - blog.org # since 2019\n        - "*.blog.org"\n`,
      ),
    );
  });

  it("keep their comments in a file of an unusual form", () => {
    const merged = `config:\n  varvol:sites: # all\n    - &one { name: blog, kind: static, domains: [blog.org] }\n    - <<: *one\n      name: other # this\n      domains:\n        # the first\n        - other.org\n`;
    const changed = withDomains(merged, "f", "other", ["other.org", "more.org"]);
    assert.match(changed, /# all/);
    assert.match(changed, /domains: \[\s*other\.org, more\.org\s*\]/);
    assert.throws(() => withDomains(FLOW, "f", "nobody", ["a.org"]), /nobody is not in it/);
  });

  it("are added, removed and moved to, or it is said why not", () => {
    const site = { name: "blog", kind: "wordpress" as const, domains: ["blog.org", "www.blog.org"] };
    assert.deepEqual(domainsAfter("add", site, "b.org"), ["blog.org", "www.blog.org", "b.org"]);
    assert.deepEqual(domainsAfter("remove", site, "blog.org"), ["www.blog.org"]);
    assert.deepEqual(domainsAfter("move", site, "new.org"), ["new.org", "blog.org", "www.blog.org"]);
    assert.deepEqual(domainsAfter("move", site, "www.blog.org"), ["www.blog.org", "blog.org"]);
    assert.throws(() => domainsAfter("add", site, "blog.org"), /already/);
    assert.throws(() => domainsAfter("move", site, "blog.org"), /is the first domain of blog already/);
    assert.throws(
      () => domainsAfter("remove", site, "blgo.org"),
      /no domain of blog\. Did you mean blog\.org\?/,
    );
    assert.throws(() => domainsAfter("remove", { ...site, domains: ["a.org"] }, "a.org"), /the only domain/);
    assert.throws(() => readAction("ad"), /Did you mean add\?/);
    assert.equal(
      whatBecomes(site, ["new.org", "blog.org"]),
      "blog is at new.org from then on, and its pages, options and files name that in place of the former one. blog.org leads there. www.blog.org is no site's any more: links to it end.",
    );
  });
});
