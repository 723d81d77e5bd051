<?php

declare(strict_types=1);

namespace Varvol;

use Closure;

/**
 * Rewrites what stands in the strings that PHP's serialize() wrote, wherever they stand in a text and however deep, with
 * the lengths put right. It goes by the strings and not by the values around them: text may stand before, between and
 * behind, and what is damaged elsewhere harms nothing. It never builds a value: unserialize() would need the site's
 * classes and would run their code. Quotes may be escaped as in JSON, in HTML or in an address; lengths count what
 * stood there before that.
 */
final class Serialised
{
    private const COLON = ':|%(?:25)*3A';
    private const STRING = '~(?<type>(?-i:[sS]))(?:' . self::COLON . ')(?<length>\d{1,9})(?:' . self::COLON . ')'
        . '(?<quote>\\\\*"|%(?:25)*22|&quot;|&\#0*34;|\\\\+u0022)'
        . '|(?-i:C):\d+:"[\w\\\\]+":(?<custom>\d{1,9}):\{~i';
    private const DEEPEST = 60;

    /** Bytes that may be read in vain, for damaged or hostile lengths, so that the time stays linear. */
    private int $patience;

    /** @param Closure(string): string $rewrite gets what is not a serialised string in turn */
    private function __construct(private readonly Closure $rewrite, int $bytes)
    {
        $this->patience = 200_000 + 4 * $bytes;
    }

    public static function rewrite(string $text, Closure $rewrite): string
    {
        return (new self($rewrite, strlen($text)))->text($text, 0);
    }

    private function text(string $text, int $depth): string
    {
        // Lengths that aren't followed can't be put right: what is deeper stays as it is.
        if ($depth > self::DEEPEST) {
            return $text;
        }
        $written = '';
        $done = 0;
        $at = 0;
        while (preg_match(self::STRING, $text, $found, PREG_OFFSET_CAPTURE | PREG_UNMATCHED_AS_NULL, $at)) {
            [$head, $start] = $found[0];
            $at = $start + strlen($head);
            [$digits, $where] = $found['length'][0] === null ? $found['custom'] : $found['length'];
            $length = (int) $digits;
            $quote = (string) $found['quote'][0];
            $decode = self::decoder((string) $found['type'][0], $quote);
            $end = $decode === null
                ? self::plainEnd($text, $at, $length, $quote)
                : $this->encodedEnd($text, $at, $length, $quote, $decode);
            if ($end === null) {
                continue;
            }
            $old = substr($text, $at, $end - $at);
            $new = $this->text($old, $depth + 1);
            if ($new !== $old) {
                $length += $decode === null
                    ? strlen($new) - strlen($old)
                    : strlen($decode($new)) - strlen($decode($old));
            }
            $written .= ($this->rewrite)(substr($text, $done, $where - $done)) . $length
                . substr($text, $where + strlen($digits), $at - $where - strlen($digits)) . $new;
            $done = $at = $end;
        }
        return $written . ($this->rewrite)(substr($text, $done));
    }

    /** Where a string ends whose bytes are as they were; null where its length is wrong. */
    private static function plainEnd(string $text, int $at, int $length, string $quote): ?int
    {
        $after = $quote === '' ? '}' : '";';
        return substr($text, $at + $length, strlen($after)) === $after ? $at + $length : null;
    }

    /** The same where the bytes were counted before they were escaped. */
    private function encodedEnd(string $text, int $at, int $length, string $quote, Closure $decode): ?int
    {
        if ($length > strlen($text) - $at) {
            return null;
        }
        $measured = 0;
        $from = $at;
        for ($search = $at; ($found = stripos($text, $quote, $search)) !== false; $search = $found + strlen($quote)) {
            $this->patience -= $found - $from;
            // With a backslash more it is a quote of what is nested in this string.
            if ($quote[0] === '\\' && $found > $at && $text[$found - 1] === '\\') {
                continue;
            }
            $measured += strlen($decode(substr($text, $from, $found - $from)));
            $from = $found;
            if ($measured >= $length || $this->patience < 0) {
                return $measured === $length && preg_match('~\G(?:;|%(?:25)*3B)~i', $text, $_, 0, $found + strlen($quote))
                    ? $found
                    : null;
            }
        }
        return null;
    }

    /** What undoes the escapes that go with a quote; null where there are none. */
    private static function decoder(string $type, string $quote): ?Closure
    {
        if ($type === 'S') {
            return static fn (string $text): string => (string) preg_replace('~\\\\[0-9a-f]{2}~i', 'x', $text);
        }
        if ($quote === '' || $quote === '"') {
            return null;
        }
        [$once, $times] = match ($quote[0]) {
            '%' => [rawurldecode(...), substr_count($quote, '25') + 1],
            '&' => [static fn (string $text): string => html_entity_decode($text, ENT_QUOTES | ENT_HTML5), 1],
            // One backslash, then three, then seven.
            default => [self::unescape(...), (int) round(log(strspn($quote, '\\') + 1, 2))],
        };
        return static function (string $text) use ($once, $times): string {
            for ($left = $times; $left > 0; $left--) {
                $text = $once($text);
            }
            return $text;
        };
    }

    private static function unescape(string $text): string
    {
        return (string) preg_replace_callback(
            '~\\\\(?:u(d[89ab][0-9a-f]{2})\\\\u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})|(.))~is',
            static fn (array $found): string => match (true) {
                isset($found[4]) => $found[4],
                isset($found[3]) && $found[3] !== '' => (string) mb_chr((int) hexdec($found[3]), 'UTF-8'),
                // A character beyond the first plane has four bytes, whichever it is.
                default => '....',
            },
            $text,
        );
    }
}
