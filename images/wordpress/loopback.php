<?php
// What a WordPress asks of itself goes to its own php-fpm: Site Health's tests, plugins' queues, what a PDF is made of. By the
// network it would have to leave the host and come back, to an address that a router may not lead back, with a certificate that
// PHP may not know.

namespace Varvol\Loopback;

use WP_Error;
use WP_Http;

/** The path and query of an address, where it is one of this site's. */
function own(string $url): ?array
{
    $parts = parse_url($url);
    $hosts = preg_split('/[\s,]+/', strtolower((string) getenv('WORDPRESS_HOSTS')), -1, PREG_SPLIT_NO_EMPTY);
    if (!in_array($parts['scheme'] ?? '', ['http', 'https'], true) || isset($parts['user'])) {
        return null;
    }
    $host = strtolower($parts['host'] ?? '');
    $port = $parts['port'] ?? null;
    if (!in_array($port === null ? $host : "$host:$port", $hosts, true)) {
        return null;
    }
    return [
        'scheme' => $parts['scheme'],
        'host' => $port === null ? $host : "$host:$port",
        'path' => $parts['path'] ?? '/',
        'query' => $parts['query'] ?? '',
    ];
}

/** Files that a path may mean, and scripts that it may not: what the network would give, too (components/sites/wordpressNginx.ts). */
const FILES = '/\.(?:css|m?js|map|json|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|webm|pdf|txt|xml|html?)$/i';
const NO_SCRIPTS = '#^/(?:wp-content/(?:uploads|upgrade|languages|cache)|wp-includes)/|^/(?:wp-config|wp-config-sample|xmlrpc)\.php$#i';

/** The file that a path means, and whether it is a script: WordPress's front page where there is none, as nginx has it. */
function file(string $path): array
{
    $front = ABSPATH . 'index.php';
    $file = realpath(ABSPATH . ltrim(rawurldecode($path), '/'));
    if ($file !== false && is_dir($file)) {
        $file = realpath("$file/index.php");
    }
    $root = realpath(ABSPATH);
    if ($file === false || !str_starts_with($file, "$root/") || !is_file($file)) {
        return [$front, true];
    }
    $script = str_ends_with($file, '.php');
    $given = $script ? !preg_match(NO_SCRIPTS, substr($file, strlen($root))) : preg_match(FILES, $file);
    return $given ? [$file, $script] : [$front, true];
}

/** A record of the protocol; content over 64 KiB is several. https://fastcgi-archives.github.io/FastCGI_Specification.html */
function record(int $type, string $content): string
{
    $records = '';
    foreach ($content === '' ? [''] : str_split($content, 65528) as $part) {
        $records .= pack('CCnnCC', 1, $type, 1, strlen($part), 0, 0) . $part;
    }
    return $records;
}

function request(array $parameters, string $body): string
{
    $length = static fn (string $text): string => strlen($text) < 128 ? chr(strlen($text)) : pack('N', strlen($text) | 0x80000000);
    $pairs = '';
    foreach ($parameters as $name => $value) {
        $pairs .= $length($name) . $length((string) $value) . $name . $value;
    }
    return record(1, pack('nCx5', 1, 0))
        . record(4, $pairs) . record(4, '')
        . ($body === '' ? '' : record(5, $body)) . record(5, '');
}

/** What php-fpm answers, or null where it is not done by then. */
function answer($socket, float $until): ?string
{
    $all = '';
    $read = static function (int $size) use ($socket, $until): ?string {
        $got = '';
        while (strlen($got) < $size) {
            $left = $until - microtime(true);
            if ($left <= 0) {
                return null;
            }
            stream_set_timeout($socket, (int) $left, (int) (fmod($left, 1) * 1e6));
            $part = fread($socket, $size - strlen($got));
            if ($part === false || $part === '') {
                return null;
            }
            $got .= $part;
        }
        return $got;
    };
    while (($head = $read(8)) !== null) {
        ['type' => $type, 'size' => $size, 'padding' => $padding] = unpack('Cversion/Ctype/nid/nsize/Cpadding', $head);
        $content = $size + $padding > 0 ? $read($size + $padding) : '';
        if ($content === null) {
            return null;
        }
        if ($type === 6) {
            $all .= substr($content, 0, $size);
        } elseif ($type === 3) {
            return $all;
        }
    }
    return null;
}

/** The headers of a request, by name. */
function headers(array &$args): array
{
    if (!is_array($args['headers'])) {
        $args['headers'] = WP_Http::processHeaders((string) $args['headers'])['headers'];
    }
    WP_Http::buildCookieHeader($args);
    return $args['headers'] + ['User-Agent' => $args['user-agent'] ?? ''];
}

/** In the form that WordPress's own functions give it. */
function told(string $url, string $raw, array $args): array|WP_Error
{
    $all = WP_Http::processResponse($raw);
    preg_match('/^Status:\s*(\d{3})\s*(.*?)\r?$/mi', $all['headers'], $status);
    $line = 'HTTP/1.1 ' . ($status[1] ?? '200') . ' ' . ($status[2] ?? 'OK');
    $headers = WP_Http::processHeaders("$line\r\n" . preg_replace('/^Status:.*\r?\n?/mi', '', $all['headers']), $url);
    $code = (int) $headers['response']['code'];
    $location = $headers['headers']['location'] ?? null;
    if (is_string($location) && $code >= 300 && $code < 400 && ($args['redirection'] ?? 0) > 0) {
        $next = ['redirection' => $args['redirection'] - 1] + $args;
        if ($code === 303 || $code !== 307 && $code !== 308 && $args['method'] === 'POST') {
            $next = ['method' => 'GET', 'body' => null] + $next;
        }
        return wp_remote_request(WP_Http::make_absolute_url($location, $url), $next);
    }
    $body = $all['body'];
    if (isset($args['limit_response_size'])) {
        $body = substr($body, 0, (int) $args['limit_response_size']);
    }
    return ['body' => $body, 'filename' => null, 'http_response' => null] + $headers;
}

function ask(array $own, string $url, array $args): array|WP_Error|false
{
    [$file, $script] = file($own['path']);
    if (!$script) {
        $type = wp_check_filetype($file)['type'] ?: 'application/octet-stream';
        return told($url, "Content-Type: $type\r\n\r\n" . file_get_contents($file), $args);
    }
    $socket = @stream_socket_client('unix:///run/php/php-' . gethostname() . '.sock', $code, $reason, 5);
    if ($socket === false) {
        // A container of its own: the network it is.
        return false;
    }
    $headers = headers($args);
    $body = $args['body'] ?? '';
    if (is_array($body)) {
        $body = http_build_query($body, '', '&');
        if (in_array($args['method'], ['GET', 'HEAD'], true)) {
            [$own['query'], $body] = [ltrim("{$own['query']}&$body", '&'), ''];
        } else {
            $headers += ['Content-Type' => 'application/x-www-form-urlencoded; charset=UTF-8'];
        }
    }
    $query = $own['query'] === '' ? '' : "?{$own['query']}";
    $name = substr($file, strlen(rtrim(realpath(ABSPATH), '/')));
    $parameters = [
        'SCRIPT_FILENAME' => $file, 'SCRIPT_NAME' => $name, 'DOCUMENT_ROOT' => rtrim(ABSPATH, '/'), 'DOCUMENT_URI' => $name,
        'REQUEST_METHOD' => $args['method'], 'REQUEST_URI' => $own['path'] . $query, 'QUERY_STRING' => $own['query'],
        'CONTENT_LENGTH' => strlen($body), 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1',
        'GATEWAY_INTERFACE' => 'CGI/1.1', 'HTTP_HOST' => $own['host'],
        'HTTP_X_FORWARDED_HOST' => $own['host'], 'HTTP_X_FORWARDED_PROTO' => $own['scheme'],
    ];
    foreach ($headers as $header => $value) {
        $key = strtoupper(strtr((string) $header, '-', '_'));
        $parameters += [$key === 'CONTENT_TYPE' ? $key : "HTTP_$key" => is_array($value) ? implode(', ', $value) : $value];
    }
    $timeout = max(0.01, (float) ($args['timeout'] ?? 5));
    stream_set_timeout($socket, max(1, (int) $timeout));
    $all = request($parameters, $body);
    for ($sent = 0; $sent < strlen($all); $sent += $written) {
        $written = @fwrite($socket, substr($all, $sent, 1 << 20));
        if (!$written) {
            return new WP_Error('http_request_failed', 'The site does not take what it asks of itself.');
        }
    }
    if (!($args['blocking'] ?? true)) {
        return ['headers' => [], 'body' => '', 'response' => ['code' => false, 'message' => false], 'cookies' => [], 'http_response' => null];
    }
    $raw = answer($socket, microtime(true) + $timeout);
    fclose($socket);
    return $raw === null
        ? new WP_Error('http_request_failed', "The site does not answer itself within $timeout seconds.")
        : told($url, $raw, $args);
}

add_filter('pre_http_request', static function ($known, $args, $url) {
    // A file of the caller's own is filled from the network alone.
    if ($known !== false || !empty($args['stream'])) {
        return $known;
    }
    $own = own((string) $url);
    return $own === null ? $known : ask($own, (string) $url, $args);
}, 10, 3);
