<?php

declare(strict_types=1);

namespace Varvol;

use Normalizer;
use RuntimeException;

/**
 * Replaces URLs of a site in text and in serialised values: http, https and no scheme (//host); slashes as they are,
 * escaped (\/, \u002F, at any depth of JSON in JSON), URL-encoded (%2F, %252F, %5C%2F) and as HTML's entities; a host in
 * letters of its own or in punycode, with and without www. A host that only begins like the old one, and a host without
 * slashes (an e-mail address), is left. In base64 it is replaced where encoding again gives the same text.
 */
final class UrlReplacement
{
    private const COLON = ':|%(?:25)*3A|\\\\{1,63}u003a|&\#(?:0*58|x0*3a);|&colon;';
    private const SLASH = '\\\\{0,63}/|(?<encoded>%)(?:(?:25)*5C%)*(?:25)*2F|\\\\{1,63}u002f|&\#(?:0*47|x0*2f);|&sol;';
    /** The same, where a slash is asked for again. */
    private const SLASH_AGAIN = '\\\\{0,63}/|%(?:(?:25)*5C%)*(?:25)*2F|\\\\{1,63}u002f|&\#(?:0*47|x0*2f);|&sol;';
    /** Also as it is escaped in a URL or in JSON: there, what stands before may be an escape, too. */
    private const BASE64 = '~(?:(?<url>(?<=%[0-9A-Fa-f]{2}))|(?<![A-Za-z0-9+/%])(?<!%[0-9A-Fa-f]))'
        . '(?:[A-Za-z0-9+/]|%2[BFbf]|\\\\++/){16,}+(?:={1,2}|(?:%3[Dd]){1,2})?~';
    private const DEFAULT_PORTS = ['http' => 80, 'https' => 443];

    /** @var list<string> at least one of them is in whatever may hold an old URL, in any case of letters */
    public readonly array $needles;
    /** @var list<string> the same for what is in base64 */
    public readonly array $encodedNeedles;
    /** @var list<string> every spelling of the old hosts */
    private readonly array $hosts;
    private readonly string $pattern;
    /** Of addresses that begin at the root, where an old URL has a path. */
    private readonly ?string $relative;
    private readonly string $scheme;
    private readonly string $host;
    private readonly string $port;

    /** @param non-empty-list<string> $from old URLs, which may have a path; $to has none */
    public function __construct(array $from, string $to)
    {
        $places = array_map(self::parts(...), $from);
        usort($places, static fn (array $a, array $b): int => strlen($b['path']) <=> strlen($a['path']));
        $paths = array_values(array_unique(array_filter(array_column($places, 'path'))));
        $hosts = array_unique(array_merge(...array_map(self::spellings(...), array_column($places, 'host'))));
        $this->hosts = array_values($hosts);
        $this->needles = array_values(array_unique(array_map(self::needle(...), [...$hosts, ...$paths])));
        $this->encodedNeedles = array_merge(...array_map(self::base64Needles(...), $this->hosts));
        $this->pattern = '~(?:(?<scheme>https?)(?<colon>' . self::COLON . ')|' . self::noScheme() . ')'
            . '(?<slash>' . self::SLASH . ')\k<slash>(?<user>[\w.%+:-]{1,64}(?:@|%(?:25)*40))?'
            . '(?:' . implode('|', array_map(self::place(...), $places)) . ')~i';
        $this->relative = $paths
            ? '~(?:^|(?<=["\'(=,\s]|quot;|%22|0022))(?<slash>' . self::SLASH . ')(?:'
                . implode('|', array_map(static fn (string $path): string => self::any(substr($path, 1)), $paths))
                . ')(?=(?<next>' . self::SLASH_AGAIN . ')|["\'?\#)\s\\\\&]|$)~i'
            : null;
        ['scheme' => $this->scheme, 'host' => $this->host] = parse_url($to);
        $this->port = (string) parse_url($to, PHP_URL_PORT);
    }

    public function apply(string $text): string
    {
        return $this->mayHold($text) ? Serialised::rewrite($text, $this->plain(...)) : $text;
    }

    /** Whether anything in a text looks like the old address. */
    public function mayHold(string $text): bool
    {
        foreach ($this->needles as $needle) {
            if (stripos($text, $needle) !== false) {
                return true;
            }
        }
        foreach ($this->encodedNeedles as $needle) {
            if (str_contains($text, $needle)) {
                return true;
            }
        }
        return false;
    }

    private function plain(string $text): string
    {
        if (!$this->mayHold($text)) {
            return $text;
        }
        $text = self::replaced($this->pattern, $this->absolute(...), $text);
        if ($this->relative !== null) {
            $text = self::replaced($this->relative, static fn (array $found): string
                => $found['next'] === null ? $found['slash'] : '', $text);
        }
        foreach ($this->encodedNeedles as $needle) {
            if (str_contains($text, $needle)) {
                return self::replaced(self::BASE64, $this->base64(...), $text);
            }
        }
        return $text;
    }

    /** Whether a text that was looked through still names the old host; one below it, or of an e-mail address, is another thing. */
    public function remains(string $text): bool
    {
        $hosts = implode('|', array_map(static fn (string $host): string => preg_quote($host, '~'), $this->hosts));
        $new = preg_quote($this->host, '~');
        if (preg_match("~(?<![@.-])(?<!%40)(?!$new(?![\\w.-]))(?:www\\.)?(?:$hosts)(?![\\w-]|\\.\\w)~i", $text) === 1) {
            return true;
        }
        foreach ($this->encodedNeedles as $needle) {
            if (str_contains($text, $needle)) {
                return true;
            }
        }
        return false;
    }

    /** @param array<?string> $found */
    private function absolute(array $found): string
    {
        ['scheme' => $scheme, 'colon' => $colon, 'slash' => $slash, 'user' => $user] = $found;
        $before = $slash[0] === '%' ? strtr($slash, ['2F' => '3A', '2f' => '3a']) : ':';
        $before = (string) preg_replace('~^%(?:25)*5C(?=%)~i', '', $before);
        // Two dashes in a block's attributes would end the comment that these are in.
        $host = preg_match('~(\\\\+)u002d~i', $found[0], $dash)
            ? str_replace('--', "$dash[1]u002d$dash[1]u002d", $this->host)
            : $this->host;
        return ($scheme === null ? '' : $this->scheme . $colon) . $slash . $slash . $user . $host
            . ($this->port === '' ? '' : $before . $this->port);
    }

    /** @param array<?string> $found */
    private function base64(array $found): string
    {
        $inUrl = $found['url'] !== null || str_contains($found[0], '%');
        preg_match('~\\\\+(?=/)~', $found[0], $escape);
        $plain = rtrim(str_replace('\\', '', rawurldecode($found[0])), '=');
        $text = base64_decode($plain, true);
        if ($text === false || rtrim(base64_encode($text), '=') !== $plain || !mb_check_encoding($text, 'UTF-8')) {
            return $found[0];
        }
        $new = $this->apply($text);
        if ($new === $text) {
            return $found[0];
        }
        $encoded = base64_encode($new);
        if (strlen($plain) % 4 !== 0 && !preg_match('~(?:=|%3D)$~i', $found[0])) {
            $encoded = rtrim($encoded, '=');
        }
        return $inUrl ? rawurlencode($encoded) : str_replace('/', ($escape[0] ?? '') . '/', $encoded);
    }

    private static function replaced(string $pattern, callable $by, string $text): string
    {
        return preg_replace_callback($pattern, $by, $text, flags: PREG_UNMATCHED_AS_NULL)
            ?? throw new RuntimeException('replacing URLs: ' . preg_last_error_msg());
    }

    /** @return array{host: string, port: string, path: string} */
    private static function parts(string $url): array
    {
        $parts = parse_url(str_starts_with($url, '//') ? "https:$url" : $url);
        $port = $parts['port'] ?? null;
        return [
            'host' => $parts['host'],
            'port' => in_array($port, [null, ...self::DEFAULT_PORTS], true) ? '' : (string) $port,
            'path' => rtrim($parts['path'] ?? '', '/'),
        ];
    }

    /** @return non-empty-list<string> a host in letters of its own and in punycode, with www and without */
    private static function spellings(string $host): array
    {
        $bare = (string) preg_replace('~^www\.~i', '', $host);
        $known = [
            $bare,
            idn_to_utf8($bare),
            idn_to_ascii($bare),
            idn_to_ascii($bare, IDNA_NONTRANSITIONAL_TO_ASCII),
        ];
        return array_values(array_unique(array_filter($known)));
    }

    /** Host, port and path of an old URL in any form, and what must not or must follow. */
    private static function place(array $parts): string
    {
        ['host' => $host, 'port' => $port, 'path' => $path] = $parts;
        $www = str_starts_with($host, '[') || !str_contains($host, '.') ? '' : '(?:www' . self::any('.') . ')?';
        $hosts = implode('|', array_map(self::any(...), self::spellings($host)));
        $again = self::SLASH_AGAIN;
        $colon = self::COLON;
        $dot = "(?:\\.(?=(?:$colon)\\d|$again))?";
        $place = "$www(?:$hosts)$dot";
        $place .= $port === ''
            ? '(?:(?:' . self::COLON . ')(?:' . implode('|', self::DEFAULT_PORTS) . ')(?!\d))?'
            : '(?:' . self::COLON . ")$port(?!\\d)";
        $inHost = "(?![\\w@-]|\\.[\\w-]|%(?:25)*2[ED]\\w|\\\\{1,63}u002[de]\\w|(?:$colon)\\d)";
        if ($path === '') {
            return $place . $inHost;
        }
        $ends = '$|[/?\#"\'<>\s)\]},;|\\\\&`]|[.:!*](?=$|[\s"\'<\\\\])';
        return $place . self::any($path)
            . "(?=$ends|%(?:25)*(?:2F|3F|23)|(?(<encoded>)%(?:25)*(?:2[02679C]|3[BCE]|5[CD]|7D|0[AD])|(?!)))";
    }

    /** Nothing before an address without a scheme that would be one: the colon and the slashes are written alike. */
    private static function noScheme(): string
    {
        return '(?:(?:(?<![:/])|(?<=\burl:))(?=\\\\{0,63}/)|(?<!3A|2F)(?=%)|(?<!003a|002f|:)(?=\\\\{1,63}u)|(?<![;:])(?=&))';
    }

    /** A pattern for a text in any of the forms that its characters take. */
    private static function any(string $text): string
    {
        $pattern = '';
        foreach (mb_str_split($text) as $character) {
            $pattern .= match (true) {
                $character === '/' => '(?:' . self::SLASH_AGAIN . ')',
                $character === ':' => '(?:' . self::COLON . ')',
                ctype_alnum($character) => $character,
                default => '(?:' . implode('|', self::forms($character)) . ')',
            };
        }
        return $pattern;
    }

    /** @return list<string> */
    private static function forms(string $character): array
    {
        $forms = [];
        foreach (array_unique([mb_strtolower($character), mb_strtoupper($character)]) as $one) {
            $composed = [$one, (string) Normalizer::normalize($one, Normalizer::FORM_D)];
            foreach (array_unique($composed) as $bytes) {
                $forms[] = preg_quote($bytes, '~');
                $forms[] = implode('', array_map(
                    static fn (string $byte): string => '%(?:25)*' . bin2hex($byte),
                    str_split($bytes),
                ));
                $units = str_split(bin2hex(mb_convert_encoding($bytes, 'UTF-16BE', 'UTF-8')), 4);
                $forms[] = implode('', array_map(static fn (string $unit): string => "\\\\{1,63}u$unit", $units));
            }
            $forms[] = '&\#(?:0*' . mb_ord($one) . '|x0*' . dechex(mb_ord($one)) . ');';
        }
        return $forms;
    }

    /** The longest part that stays as it is in every form. */
    private static function needle(string $text): string
    {
        $runs = (array) preg_split('~[^a-z0-9]+~i', $text, -1, PREG_SPLIT_NO_EMPTY);
        usort($runs, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
        return $runs[0] ?? $text;
    }

    /** @return list<string> what a host becomes in base64, by where in three bytes it begins */
    private static function base64Needles(string $host): array
    {
        $needles = [];
        foreach ([0, 1, 2] as $shift) {
            $whole = substr($host, (3 - $shift) % 3);
            $whole = substr($whole, 0, strlen($whole) - strlen($whole) % 3);
            if (strlen($whole) >= 3) {
                $needles[] = base64_encode($whole);
            }
        }
        return $needles;
    }
}
