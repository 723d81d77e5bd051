<?php

declare(strict_types=1);

namespace Varvol;

use RuntimeException;

/**
 * Replaces URLs of a site in text and in serialised values: http, https and no scheme (//host), slashes as they
 * are, escaped (\/, at any depth of JSON in JSON) and URL-encoded (%2F, %252F, ...). A host that only begins
 * like the old one, and a host without slashes (an e-mail address), is left.
 */
final class UrlReplacement
{
    private const SLASH = '\\\\*/|%(?:25)*2F';
    private const COLON = ':|%(?:25)*3A';

    /** @var list<string> host names of the old URLs, what a text must contain to be worth a look */
    public readonly array $hosts;
    private readonly string $pattern;
    private readonly string $scheme;
    private readonly string $host;
    private readonly string $port;

    /** @param non-empty-list<string> $from old URLs, which may have a path; $to has none */
    public function __construct(array $from, string $to)
    {
        usort($from, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
        $this->hosts = array_values(array_unique(array_map(
            static fn (string $url): string => (string) parse_url($url, PHP_URL_HOST),
            $from,
        )));
        $old = implode('|', array_map(self::place(...), $from));
        $this->pattern = '~(?:(?<scheme>https?)(?<colon>' . self::COLON . ')|(?<!:|3A|/))'
            . '(?<slash>' . self::SLASH . ")\\k<slash>(?:$old)"
            . '(?![\w-]|\.[\w-]|:\d|%(?:25)*3A\d)~i';
        $parts = parse_url($to);
        $this->scheme = $parts['scheme'];
        $this->host = $parts['host'];
        $this->port = (string) ($parts['port'] ?? '');
    }

    /** Host, port and path of an old URL, its colon and slashes in any form. */
    private static function place(string $url): string
    {
        $place = (string) preg_replace('~^\w+://|/+$~', '', $url);
        return strtr(preg_quote($place, '~'), [
            '\\:' => '(?:' . self::COLON . ')',
            '/' => '(?:' . self::SLASH . ')',
        ]);
    }

    public function apply(string $text): string
    {
        foreach ($this->hosts as $host) {
            if (stripos($text, $host) !== false) {
                return Serialised::rewrite($text, $this->apply(...)) ?? $this->plain($text);
            }
        }
        return $text;
    }

    private function plain(string $text): string
    {
        $replaced = preg_replace_callback($this->pattern, function (array $found): string {
            ['scheme' => $scheme, 'colon' => $colon, 'slash' => $slash] = $found;
            $before = $slash[0] === '%' ? strtr($slash, ['2F' => '3A', '2f' => '3a']) : ':';
            return ($scheme === '' ? '' : $this->scheme . $colon)
                . $slash . $slash . $this->host . ($this->port === '' ? '' : $before . $this->port);
        }, $text);
        if ($replaced === null) {
            throw new RuntimeException('replacing URLs: ' . preg_last_error_msg());
        }
        return $replaced;
    }
}
