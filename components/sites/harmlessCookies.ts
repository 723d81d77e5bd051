/** Cookies of one maker that no PHP code answers differently to. */
interface Group {
  /** Where their names are documented. */
  readonly source: string;
  /** Regular expressions of whole names, as tight as these allow. */
  readonly names: readonly string[];
}

// Scripts in the page and proxies in front of it set and read these. Cookies of consent banners, languages, carts and
// sessions don't belong here: pages differ by them.
const GROUPS: readonly Group[] = [
  {
    source: "https://developers.google.com/analytics/devguides/collection/analyticsjs/cookie-usage",
    names: [
      "_ga",
      "_ga_[A-Z0-9]{4,16}",
      "_gid",
      "_gat(?:_\\w{1,40})?",
      "_gac_[\\w-]{1,40}",
      "__utm[abctvxz]",
    ],
  },
  { source: "https://business.safety.google/adscookies/", names: ["_gcl_(?:au|aw|dc|gb|gf|ha|ag|gs)"] },
  {
    source: "https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc",
    names: ["_fbp", "_fbc"],
  },
  {
    source: "https://matomo.org/faq/general/faq_146/",
    names: ["_pk_(?:id|ses|ref|cvar|hsr)\\.\\d{1,6}\\.[0-9a-f]{4}"],
  },
  {
    source: "https://help.hotjar.com/hc/en-us/articles/6952777582999",
    names: ["_hj[A-Za-z]{2,40}(?:_\\d{1,12})?"],
  },
  {
    source: "https://learn.microsoft.com/en-us/clarity/setup-and-installation/cookie-list",
    names: ["_clck", "_clsk"],
  },
  { source: "https://help.ads.microsoft.com/#apex/ads/en/53056", names: ["_uetsid", "_uetvid"] },
  {
    source: "https://yandex.com/support/metrica/general/cookie-usage.html",
    names: ["_ym_(?:uid|d|isad|visorc)"],
  },
  {
    source:
      "https://knowledge.hubspot.com/privacy-and-consent/what-cookies-does-hubspot-set-in-a-visitor-s-browser",
    names: ["__hstc", "__hssc", "__hssrc", "hubspotutk"],
  },
  {
    source: "https://woocommerce.com/document/woocommerce-cookies/",
    names: ["sbjs_(?:migrations|current|current_add|first|first_add|session|udata|promo)"],
  },
  {
    source:
      "https://developers.cloudflare.com/fundamentals/reference/policies-compliances/cloudflare-cookies/",
    names: ["__cf_bm", "cf_clearance", "__cfruid", "_cfuvid", "__cflb"],
  },
  {
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html",
    names: ["AWSALB(?:TG)?(?:CORS)?"],
  },
  { source: "https://stripe.com/legal/cookies-policy", names: ["__stripe_mid", "__stripe_sid"] },
  {
    // wp-login.php alone reads it, and is never cached.
    source: "https://developer.wordpress.org/advanced-administration/wordpress/cookies/",
    names: ["wordpress_test_cookie"],
  },
];

const NAME = GROUPS.flatMap(({ names }) => names).join("|");
// What such cookies hold, and nothing that could pass for markup, a name or a separator
const VALUE = "[\\w.%:|!*+/=,&~^$()-]*";

/**
 * A regular expression, to PCRE and JavaScript alike, of a Cookie header with only such cookies in it. Everything else
 * counts as a visitor's own: PHP reads names more generously (`comment.author_` and `comment[author_` are
 * `comment_author_` to it), so a list of those that matter would always miss some.
 */
export const HARMLESS_COOKIES = `^(?:(?:${NAME})=${VALUE}(?:; ?|$))+$`;
