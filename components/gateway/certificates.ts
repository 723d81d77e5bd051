import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

const YEAR = 365 * 24;

/** The host's certificate authority, and the key that its gateway serves all sites with. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** The authority's certificate, for browsers to trust. */
  readonly certificate: pulumi.Output<string>;
  /** The gateway's private key. A secret. */
  readonly key: pulumi.Output<string>;
  private readonly caKey: tls.PrivateKey;
  private readonly gatewayKey: tls.PrivateKey;

  constructor(name: string, args: { readonly commonName: string }, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:CertificateAuthority", name, {}, opts);
    const key = (role: string) =>
      new tls.PrivateKey(`${name}-${role}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    this.caKey = key("ca");
    this.gatewayKey = key("gateway");
    this.key = this.gatewayKey.privateKeyPem;
    this.certificate = new tls.SelfSignedCert(
      `${name}-root`,
      {
        privateKeyPem: this.caKey.privateKeyPem,
        subject: { commonName: args.commonName, organization: "Varvol" },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        validityPeriodHours: 10 * YEAR,
      },
      // A host that comes back under another name has the certificate that browsers trust already.
      { parent: this, ignoreChanges: ["subject"] },
    ).certPem;
    this.registerOutputs({ certificate: this.certificate });
  }

  /** A certificate for a site's domains; an `up` renews it when fewer than 90 days are left. */
  issue(site: string, domains: readonly string[], opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
    const request = new tls.CertRequest(
      `${site}-request`,
      {
        privateKeyPem: this.gatewayKey.privateKeyPem,
        subject: { commonName: domains[0] },
        dnsNames: [...domains],
      },
      opts,
    );
    return new tls.LocallySignedCert(
      `${site}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: this.caKey.privateKeyPem,
        caCertPem: this.certificate,
        allowedUses: ["digital_signature", "server_auth"],
        // The longest that Mozilla's intermediate profile allows is 366 days.
        validityPeriodHours: YEAR,
        earlyRenewalHours: 90 * 24,
      },
      opts,
    ).certPem;
  }
}
