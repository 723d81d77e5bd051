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

// What people's databases hold: a serialised value in each of its wrappings, and an address in each of its forms.
$n = 'https://neu-laden.example';
$o = 'https://alt.example';
$alt = new UrlReplacement([$o], $n);
$json = static fn (mixed $value): string => json_encode($value, JSON_UNESCAPED_SLASHES);
foreach ([
    'behind text' => static fn (string $x): string => "text\n$x",
    'two' => static fn (string $x): string => "$x and $x;",
    'with a brace too many' => static fn (string $x): string => "$x}",
    'in JSON' => static fn (string $x): string => json_encode(['a' => $x]),
    'in JSON with plain slashes' => static fn (string $x): string => $json(['a' => $x]),
    'in JSON with letters as they are' => static fn (string $x): string => json_encode([$x], JSON_UNESCAPED_UNICODE),
    'in JSON in JSON' => static fn (string $x): string => json_encode(['a' => json_encode([$x])]),
    'in a comment' => static fn (string $x): string => "<!-- $x -->",
    'slashed' => addslashes(...),
    'slashed twice' => static fn (string $x): string => addslashes(addslashes($x)),
    'URL-encoded' => urlencode(...),
    'URL-encoded twice' => static fn (string $x): string => rawurlencode(rawurlencode($x)),
    'in HTML' => htmlspecialchars(...),
    'in a block' => static fn (string $x): string => '<!-- wp:x '
        . str_replace(['\\"', '--', '<'], ['\\u0022', '\\u002d\\u002d', '\\u003c'], json_encode(['a' => $x])) . ' /-->',
    'in base64' => base64_encode(...),
    'as raw HTML of a page builder' => static fn (string $x): string => base64_encode(rawurlencode("<b>$x")),
    'in base64 in a serialised value' => static fn (string $x): string => serialize([base64_encode($x)]),
    'in all of it' => static fn (string $x): string => serialize([json_encode(['b' => serialize([$x])])]),
    'of a class that is not there' => static fn (string $x): string => 'O:4:"Gone":1:{s:7:"' . "\0*\0" . 'a";' . $x . '}',
] as $what => $wrap) {
    $made = static fn (string $url): string => $wrap(serialize(['u' => "$url/x", 'x' => 'ä"q 😀', 'n' => 1]));
    same($made($n), $alt->apply($made($o)), "a serialised value $what");
}
$blog = new UrlReplacement(["$o/blog"], $n);
$six = new UrlReplacement(['http://[2001:db8::1]:8080'], $n);
$forms = [
    [$alt, 'a:1:{S:1:"u";S:19:"https://alt.example";}', 'a:1:{S:1:"u";S:25:"https://neu-laden.example";}'],
    [$alt, 'S:21:"https://alt.example\c3\a4";', 'S:27:"https://neu-laden.example\c3\a4";'],
    [$alt, 's:21:"https://alt.example";', 's:21:"https://neu-laden.example";'],
    [$alt, 'https%3A%5C%2F%5C%2Falt.example', 'https%3A%5C%2F%5C%2Fneu-laden.example'],
    [$alt, 'https:\u002F\u002Falt.example', 'https:\u002F\u002Fneu-laden.example'],
    [$alt, 'https:&#x2F;&#x2F;alt.example', 'https:&#x2F;&#x2F;neu-laden.example'],
    [$alt, 'https:&#047;&#047;alt.example', 'https:&#047;&#047;neu-laden.example'],
    [$alt, 'url:%2F%2Falt.example%2Fx', 'url:%2F%2Fneu-laden.example%2Fx'],
    [$alt, 'link="url://alt.example/x|title:x"', 'link="url://neu-laden.example/x|title:x"'],
    [$alt, "$o:443/x", "$n/x"],
    [$alt, 'http://alt.example:80/x', "$n/x"],
    [$alt, 'https%3A%2F%2Falt.example%3A443%2Fx', 'https%3A%2F%2Fneu-laden.example%2Fx'],
    [$alt, "$o./x", "$n/x"],
    [$alt, "see $o.", "see $n."],
    [$alt, 'https://me:pw@alt.example/x', 'https://me:pw@neu-laden.example/x'],
    [$alt, 'https://www.alt.example/x', "$n/x"],
    [$alt, 'https://alt.example-x.de', null],
    [$alt, 'https://shop.alt.example', null],
    [$alt, 'https://notalt.example/', null],
    [$alt, 'https://alt.example%2Eorg', null],
    [$alt, 'https://alt.example@evil.example/', null],
    [$alt, 'ftp%3A%2F%2Falt.example', null],
    [new UrlReplacement(['https://www.alt.example'], $n), "$o/x", "$n/x"],
    [new UrlReplacement(['https://alt.de'], 'https://alt.dev'), 'https://alt.de/a https://alt.dev/b', 'https://alt.dev/a https://alt.dev/b'],
    [new UrlReplacement([$o], "$o.au"), "$o/a $o.au/b", "$o.au/a $o.au/b"],
    [new UrlReplacement([$o], 'https://www.alt.example'), "$o/a https://www.alt.example/b", 'https://www.alt.example/a https://www.alt.example/b'],
    [new UrlReplacement([$o], 'https://new.alt.example'), "$o/a https://new.alt.example/b", 'https://new.alt.example/a https://new.alt.example/b'],
    [new UrlReplacement(["$o:8443", $o, "$o:8080"], "$n:8443"), "$o:8443/a $o/b http://alt.example:8080/c $o:99/", "$n:8443/a $n:8443/b $n:8443/c $o:99/"],
    [new UrlReplacement(['//alt.example'], $n), "$o/x", "$n/x"],
    [new UrlReplacement(['https://alt.example:443'], $n), "$o/x", "$n/x"],
    [$six, 'http://[2001:db8::1]:8080/x', "$n/x"],
    [$six, 'http%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%3A8080%2Fx', 'https%3A%2F%2Fneu-laden.example%2Fx'],
    [$blog, "$o/blog/x $o/blog?x $o/blog.", "$n/x $n?x $n."],
    [$blog, 'https:\/\/alt.example\/blog\/x', 'https:\/\/neu-laden.example\/x'],
    [$blog, 'https%3A%2F%2Falt.example%2Fblog%20x', 'https%3A%2F%2Fneu-laden.example%20x'],
    [$blog, 'https%3A%2F%2Falt.example%2Fblog%C3%BC', null],
    [$blog, "$o/blog%20alt/x.pdf $o/blogü $o/blog+ $o/blog~ $o/blog-2/ $o/blog.html $o/", null],
    [$blog, '<a href="/blog/x"> <a href="/blog"> url(/blog/x.png)', '<a href="/x"> <a href="/"> url(/x.png)'],
    [$blog, '{"a":"\/blog\/x"}', '{"a":"\/x"}'],
    [$blog, 's:7:"/blog/x";', 's:2:"/x";'],
    [$blog, '<a href="/blogger/"> https://x.example/blog/y', null],
    [new UrlReplacement([$o], 'https://xn--neu-8na.example'), '"xn\u002d\u002dx" https://alt.example', '"xn\u002d\u002dx" https://xn--neu-8na.example'],
];
foreach (['xn--grtnerei-mller-5hb70b', 'gärtnerei-müller'] as $name) {
    $idn = new UrlReplacement(["https://$name.example"], $n);
    foreach ([
        'xn\u002d\u002dgrtnerei-mller-5hb70b', 'xn\u002d\u002dgrtnerei\u002dmller\u002d5hb70b', 'gärtnerei-müller',
        'GÄRTNEREI-MÜLLER', 'g\u00e4rtnerei-m\u00FCller', 'g%C3%A4rtnerei-m%c3%bcller', 'g&#228;rtnerei-m&#xfc;ller',
        'xn--grtnerei-mller-5hb70b', "ga\u{308}rtnerei-mu\u{308}ller",
    ] as $form) {
        $forms[] = [$idn, "https://$form.example/x", "$n/x"];
    }
}
// Base64 as it stands in a link within JSON (a lightbox of a page builder's), and in JSON with its slashes escaped.
$code = static fn (string $url): string => base64_encode(json_encode(['id' => 1, 'url' => "$url/x.jpg?>>>???", 'n' => '0']));
foreach (['rawurlencode' => rawurlencode(...), 'no padding' => static fn (string $x): string => rawurlencode(rtrim($x, '='))] as $how) {
    $link = static fn (string $url): string => json_encode(['url' => '#action%3Alightbox%26settings%3D' . $how($code($url))]);
    $forms[] = [$alt, $link($o), $link($n)];
}
$forms[] = [$alt, json_encode(['code' => $code($o)]), json_encode(['code' => $code($n)])];
foreach ($forms as [$by, $text, $expected]) {
    same($expected ?? $text, $by->apply($text), $text);
}

foreach ([
    [$alt, 'ftp://alt.example/x', true], [$alt, 'in text: alt.example', true], [$alt, 'a%2Falt.example', true], [$alt, 'www.alt.example.', true],
    [$alt, "$n/x me@alt.example me%40alt.example shop.alt.example alt.example.org", false],
    [new UrlReplacement(['https://old.neu-laden.example'], $n), 'old.neu-laden.example', true],
    [new UrlReplacement([$o], 'https://new.alt.example'), 'new.alt.example', false],
    [new UrlReplacement([$o], 'https://www.alt.example'), 'https://www.alt.example/x', false],
    [new UrlReplacement(['https://www.alt.example'], $o), 'https://alt.example/x', false],
] as [$by, $text, $expected]) {
    same(json_encode($expected), json_encode($by->remains($text)), "what remains in $text");
}

// Hostile lengths and long runs take linear time.
$start = hrtime(true);
foreach ([['s:9999999:"https://alt.example"', 50_000], ['s:900000:\"https://alt.example\"', 30_000], ['\\', 1_000_000],
    ['https://me:', 150_000], ['%25', 350_000], ['s:5:"', 150_000]] as [$part, $times]) {
    $alt->apply(str_repeat($part, $times) . '/alt.example');
}
$hostile = (hrtime(true) - $start) / 1e9;
if ($hostile > 20) {
    same('20', (string) $hostile, 'seconds for hostile texts');
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
