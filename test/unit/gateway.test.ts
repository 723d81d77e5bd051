import assert from "node:assert/strict";
import { gatewayConf, stoppedConf, vhostConf } from "../../components/gateway/nginx";

const blog = {
  site: "blog",
  domains: ["blog.example.org", "www.blog.example.org"],
  upstream: "blog-web-1a2b3c4",
  cacheable: false,
};

describe("the gateway's configuration", () => {
  it("answers unknown hosts with nothing and rejects unknown server names", () => {
    const text = gatewayConf({ workers: 1, accessLog: "none", http: 80, https: 443 });
    assert.match(text, /default_server[\s\S]*ssl_reject_handshake on;[\s\S]*return 444;/);
  });

  it("overwrites every forwarded header", () => {
    const text = gatewayConf({ workers: 1, accessLog: "none", http: 80, https: 443 });
    for (const header of [
      "X-Forwarded-For",
      "X-Real-IP",
      "X-Forwarded-Proto",
      "X-Forwarded-Host",
      "Forwarded",
      "Proxy",
      "X-Original-URL",
    ]) {
      assert.match(text, new RegExp(`proxy_set_header ${header} `), header);
    }
  });

  it("believes nobody who a visitor is but the proxies that it is told of", () => {
    const conf = { workers: 1, accessLog: "none", http: 80, https: 443 } as const;
    assert.doesNotMatch(gatewayConf(conf), /real_ip/);
    assert.match(
      gatewayConf({ ...conf, trustedProxies: ["10.0.0.0/8", "2001:db8::1"] }),
      /set_real_ip_from 10\.0\.0\.0\/8;\n {4}set_real_ip_from 2001:db8::1;\n {4}real_ip_header X-Forwarded-For;\n {4}real_ip_recursive on;\n/,
    );
  });

  it("says of a site that is stopped on purpose when to come back, to all but an authority", () => {
    assert.match(vhostConf(blog), /^ {4}include stopped\/blog\.\[c\]onf;$/m);
    const hsts = { days: 30, subdomains: false, preload: false };
    const text = stoppedConf({ ...blog, hsts });
    assert.match(text, /if \(\$uri !~ "\^\/\\\.well-known\/acme-challenge\/"\) \{ return 503; \}/);
    assert.match(text, /location @stopped \{[^}]*Strict-Transport-Security[^}]*Retry-After 600 always;/);
  });

  it("serves HTTP and HTTPS under the first domain and redirects the others to it", () => {
    const text = vhostConf(blog);
    assert.match(
      text,
      /server_name www\.blog\.example\.org;[\s\S]*expires 5m;\s+return 301 \$scheme:\/\/blog\.example\.org\$visible_port\$request_uri;/,
    );
    assert.match(
      text,
      /listen 8080-8083;\n {4}include .*;\n {4}listen 8443-8446 ssl;\n {4}include .*;[\s\S]*server_name blog\.example\.org;\n/,
    );
    assert.match(text, /set \$generation blog-web-1a2b3c4;/);
  });

  it("only redirects plain HTTP where the host wants that", () => {
    assert.match(
      vhostConf({ ...blog, redirectToPort: 443 }),
      /listen 8080-8083;[\s\S]*return 308 https:\/\/blog\.example\.org\$request_uri;/,
    );
    assert.match(
      vhostConf({ ...blog, redirectToPort: 8443 }),
      /return 308 https:\/\/blog\.example\.org:8443\$request_uri;/,
    );
    assert.equal(vhostConf({ ...blog, redirectToPort: 443 }).match(/listen 8080-8083;/g)?.length, 1);
  });

  it("caches static sites only", () => {
    assert.doesNotMatch(vhostConf(blog), /proxy_cache static/);
    assert.doesNotMatch(vhostConf(blog), /varvol\/pull/);
    assert.match(
      vhostConf({ ...blog, hook: true }),
      /location \/\.varvol\/pull\/ \{\s+access_log off;\s+error_log stderr crit;/,
    );
    assert.match(vhostConf({ ...blog, cacheable: true }), /proxy_cache static/);
  });

  it("has browsers come by HTTPS alone where a site wants that, with all other headers, in place of the site's own word", () => {
    const hsts = { days: 365, subdomains: true, preload: false };
    const text = vhostConf({ ...blog, hsts });
    const servers = text.split(/^server \{$/m).slice(1);
    assert.equal(servers.length, 2);
    for (const server of servers) {
      assert.match(
        server,
        /set \$hsts "";\s+if \(\$https\) \{ set \$hsts "max-age=31536000; includeSubDomains"; \}/,
      );
      assert.match(server, /add_header X-Content-Type-Options nosniff always;/);
      assert.match(
        server,
        /proxy_hide_header Strict-Transport-Security;\s+add_header Strict-Transport-Security \$hsts always;/,
      );
    }
    const forget = vhostConf({ ...blog, hsts: { ...hsts, days: 0, subdomains: false } });
    assert.match(forget, /"max-age=0"/);
    assert.doesNotMatch(vhostConf(blog), /Strict-Transport-Security|add_header/);
  });
});
