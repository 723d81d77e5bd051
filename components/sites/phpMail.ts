import type { Account } from "../mail/mail";
import type { SecretFile } from "../volume";

/** How php, and what an image of the user's own runs, hands in mail: by the image's sendmail, or by SMTP with a login. */
export function mailEnv(site: string, account: Account | undefined): Record<string, string> {
  if (!account) return {};
  return {
    MAIL_SERVER: account.server,
    MAIL_USER: site,
    MAIL_SENDER: account.sender,
    MAIL_OWN: account.own.join(" "),
  };
}

/** What it logs in with, in the folder that is /run/secrets to php. */
export function mailSecrets(account: Account | undefined): SecretFile[] {
  return account ? [{ name: "secrets/mail", content: account.password }] : [];
}
