import { CONFIG, login, type Sender } from "./postfix";

/** The name of the host's key below a domain: SELECTOR._domainkey.example.org. */
export const SELECTOR = "varvol";

/** opendkim's own settings: it signs, and verifies nothing. */
export function opendkimConf(): string {
  return [
    "Mode s",
    "Syslog no",
    "UserID opendkim",
    "Socket inet:8891@127.0.0.1",
    "PidFile /run/opendkim/pid",
    "Canonicalization relaxed/simple",
    // More than the standard asks for: nobody puts a second one of these beside what was signed.
    "OversignHeaders From,Reply-To,Subject,To,Date",
    `KeyTable csl:own=%:${SELECTOR}:/run/opendkim/key`,
    `SetupPolicyScript ${CONFIG}/sign.lua`,
    `FinalPolicyScript ${CONFIG}/check.lua`,
    "SyslogSuccess no",
    "",
  ].join("\n");
}

const ADDRESSES = `
-- What stands in a From, without what a reader is shown of it: the domains and addresses that it names.
local function named(text)
  local plain = text:gsub('\\\\.', ''):gsub('"[^"]*"', ''):gsub('%b()', ''):lower()
  local found = {}
  for address, domain in plain:gmatch('([^%s<>,;:@]*@([^%s<>,;:@]*))') do
    found[#found + 1] = { address = address, domain = domain }
  end
  return found
end
`;

/** Signs with the host's key, in the name of the domain that a mail says it is from. */
export function signScript(): string {
  return "odkim.sign(ctx, 'own')\n";
}

/** Refuses what a site says is from anybody but itself: postfix compares the envelope alone. */
export function checkScript(senders: readonly Sender[]): string {
  const rows = senders.map(
    ({ site, domains, addresses }) =>
      `  ['${login(site)}'] = { domains = ${set(domains)}, addresses = ${set(addresses)} },\n`,
  );
  return `local senders = {\n${rows.join("")}}
${ADDRESSES}
local function refusal()
  local login = odkim.get_mtasymbol(ctx, '{auth_authen}')
  -- postfix's own, as a mail that says what could not be delivered.
  if login == nil then return nil end
  local own = senders[login] or { domains = {}, addresses = {} }
  local from = odkim.get_header(ctx, 'From', 0)
  if from == nil or odkim.get_header(ctx, 'From', 1) ~= nil then return 'a mail has one From' end
  local found = named(from)
  if #found == 0 then return 'its From names no address' end
  for _, one in ipairs(found) do
    if not (own.domains[one.domain] or own.addresses[one.address]) then
      return 'this site may not send as ' .. one.address:gsub('[^%w@._+-]', '?')
    end
  end
end

local why = refusal()
if why then
  odkim.set_reply(ctx, '550', '5.7.1', why)
  odkim.set_result(ctx, SMFIS_REJECT)
end
`;
}

/** The public half of a key as the DNS has it: what a TXT record of SELECTOR._domainkey.DOMAIN says. */
export function dkimRecord(publicKeyPem: string): string {
  const key = publicKeyPem.replace(/-----[A-Z ]+-----|\s/g, "");
  return `v=DKIM1; k=rsa; p=${key}`;
}

function set(names: readonly string[]): string {
  return `{ ${names.map((name) => `['${name}'] = true`).join(", ")} }`;
}
