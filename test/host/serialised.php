<?php
// Proves the rewriter of serialised values: values made at random from a fixed seed, each rewritten in its serialised
// form and compared with what PHP itself writes for the same value with every string replaced. Run in the php image.

declare(strict_types=1);

use Varvol\UrlReplacement;

require '/usr/lib/varvol/init/serialised.php';
require '/usr/lib/varvol/init/urls.php';

final class Box
{
    public function __construct(public mixed $public, protected mixed $protected, private mixed $private)
    {
    }

    public function map(Closure $change): self
    {
        return new self($change($this->public), $change($this->protected), $change($this->private));
    }
}

/** A value that stands in its surroundings as the text of its serialised form. */
final class Nested
{
    public function __construct(public readonly mixed $value)
    {
    }
}

enum Suit: string
{
    case Hearts = 'h';
}

const OLD = 'http://www.old-site.example';
const NEW_URL = 'https://blog.localhost:8443';
const STRINGS = [
    '', 'x', OLD, 'https://www.old-site.example/ünï/日本', 'a"b;}{' . OLD . "/\0z",
    '{"u":"http:\/\/www.old-site.example\/a"}', 'http%3A%2F%2Fwww.old-site.example%2Fa', '//www.old-site.example/x',
    'me@www.old-site.example', 'http://www.old-site.example.org/', 'i:5;', 'N;', 's:3:"abc"',
    'a:1:{i:0;s:99:"broken http://www.old-site.example/";}', '😀😀 ' . OLD . ' 😀',
];
const FLOATS = [1.5, -0.0, INF, -INF, 1e300, 1.0E-10, NAN];

function random(int $depth): mixed
{
    switch (mt_rand(0, $depth > 0 ? 9 : 5)) {
        case 0:
            return mt_rand(0, 1) === 1;
        case 1:
            return mt_rand() - 1_000_000_000;
        case 2:
            return FLOATS[mt_rand(0, count(FLOATS) - 1)];
        case 3:
            return null;
        case 4:
        case 5:
            return STRINGS[mt_rand(0, count(STRINGS) - 1)];
        case 6:
            return new Box(random($depth - 1), random($depth - 1), random($depth - 1));
        case 7:
            return new Nested(random($depth - 1));
        case 8:
            return Suit::Hearts;
        default:
            $array = [];
            for ($left = mt_rand(0, 4); $left > 0; $left--) {
                $key = mt_rand(0, 1) === 1 ? mt_rand(0, 99) : 'k' . mt_rand(0, 9) . '日';
                $array[$key] = random($depth - 1);
            }
            return $array;
    }
}

/** The value with its strings changed, and what is nested written out. */
function written(mixed $value, Closure $change): mixed
{
    $inner = static fn (mixed $one): mixed => written($one, $change);
    return match (true) {
        is_string($value) => $change($value),
        is_array($value) => array_map($inner, $value),
        $value instanceof Nested => serialize($inner($value->value)),
        $value instanceof Box => $value->map($inner),
        default => $value,
    };
}

function same(string $expected, string $actual, string $what): void
{
    if ($expected !== $actual) {
        echo "$what\nexpected: $expected\nactual:   $actual\n";
        exit(1);
    }
}

mt_srand(7);
$replacement = new UrlReplacement([OLD], NEW_URL);
$changed = 0;
for ($count = 0; $count < 20_000; $count++) {
    $value = random(5);
    $text = serialize(written($value, static fn (string $string): string => $string));
    $rewritten = $replacement->apply($text);
    same(serialize(written($value, $replacement->apply(...))), $rewritten, "a serialised value: $text");
    same($rewritten, $replacement->apply($rewritten), 'the same again');
    $changed += (int) ($rewritten !== $text);
    // What is cut off or damaged is text like any other: it must not throw.
    $replacement->apply(substr($text, 0, mt_rand(0, strlen($text))));
    $text[mt_rand(0, strlen($text) - 1)] = chr(mt_rand(0, 255));
    $replacement->apply($text);
}

foreach ([
    OLD . '/a?b' => NEW_URL . '/a?b',
    'HTTPS://WWW.OLD-SITE.EXAMPLE' => NEW_URL,
    'http:\/\/www.old-site.example\/x' => 'https:\/\/blog.localhost:8443\/x',
    'http:\\\\\/\\\\\/www.old-site.example' => 'https:\\\\\/\\\\\/blog.localhost:8443',
    'http%3A%2F%2Fwww.old-site.example%2Fx' => 'https%3A%2F%2Fblog.localhost%3A8443%2Fx',
    'http%253a%252f%252fwww.old-site.example' => 'https%253a%252f%252fblog.localhost%253a8443',
    '"//www.old-site.example/x"' => '"//blog.localhost:8443/x"',
    'see http://www.old-site.example.' => 'see https://blog.localhost:8443.',
    '日http://www.old-site.example日' => '日https://blog.localhost:8443日',
    'ftp://www.old-site.example/' => null,
    'http://www.old-site.example.org' => null,
    'http://www.old-site.example2' => null,
    'http://www.old-site.example:81/' => null,
    'x@www.old-site.example' => null,
] as $text => $expected) {
    same($expected ?? $text, $replacement->apply($text), $text);
}

$withPort = new UrlReplacement(['http://a.example:8080', 'http://a.example:8080/wp'], 'https://n.example');
foreach ([
    'http://a.example:8080/wp/wp-content/x.png' => 'https://n.example/wp-content/x.png',
    'http://a.example:8080/wp-content' => 'https://n.example/wp-content',
    'http:\/\/a.example:8080\/wp\/x' => 'https:\/\/n.example\/x',
    'http%3A%2F%2Fa.example%3A8080%2Fwp%2Fx' => 'https%3A%2F%2Fn.example%2Fx',
    'http://a.example/' => null,
    'http://a.example:80801' => null,
] as $text => $expected) {
    same($expected ?? $text, $withPort->apply($text), $text);
}

// Objects that write themselves, in today's format and in that of PHP before 7.4.
$array = new ArrayObject(['u' => OLD, 'n' => [1, OLD . '/日']]);
same(serialize(new ArrayObject(['u' => NEW_URL, 'n' => [1, NEW_URL . '/日']])), $replacement->apply(serialize($array)), 'ArrayObject');
$old = static fn (string $inner): string => 'C:11:"ArrayObject":' . strlen($inner) . ":{{$inner}}";
same(
    $old('x:i:0;' . serialize(['u' => NEW_URL]) . ';m:a:0:{}'),
    $replacement->apply($old('x:i:0;' . serialize(['u' => OLD]) . ';m:a:0:{}')),
    'ArrayObject as PHP 7.3 wrote it',
);

// A row may be megabytes.
$start = hrtime(true);
$large = $replacement->apply(serialize(array_fill(0, 100_000, ['u' => OLD . '/日', 'x' => str_repeat('y', 20)])));
same('100000', (string) count(unserialize($large)), 'a large value');
$text = $replacement->apply(str_repeat('lorem ipsum "http://www.old-site.example/x" \\\\ ', 100_000));
same('0', (string) substr_count($text, 'old-site'), 'a large text');
$seconds = (hrtime(true) - $start) / 1e9;

echo json_encode(['values' => $count, 'changed' => $changed, 'largeSeconds' => round($seconds, 1)]), "\n";
